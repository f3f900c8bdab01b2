// Command company is a whole MCP server in one file: three tools, a resource
// and a prompt over the data of a small company.
package main

import (
	"context"
	"fmt"
	"strings"
	"sync/atomic"

	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore"
)

type customer struct {
	ID    string `json:"id"`
	Name  string `json:"name"`
	Email string `json:"email"`
	Plan  string `json:"plan"`
}

var customers = []customer{
	{"C-1001", "Ada Obi", "ada@example.com", "enterprise"},
	{"C-1002", "Lin Wei", "lin@example.com", "starter"},
}

var articles = []string{
	"Reset a password: open Settings, choose Security, then Reset password.",
	"Export invoices: they are under Billing; Export gives a CSV file.",
	"Refunds: within 30 days they are made by the billing team.",
}

const policies = `# Support policies
- urgent tickets are answered within an hour, high within four, others within a day.
- Refunds within 30 days need no approval.
`

type customerIn struct {
	Customer string `json:"customer" jsonschema:"customer number such as C-1001, or e-mail address"`
}

func getCustomerInfo(_ context.Context, in customerIn) (customer, error) {
	for _, c := range customers {
		if strings.EqualFold(in.Customer, c.ID) || strings.EqualFold(in.Customer, c.Email) {
			return c, nil
		}
	}
	return customer{}, mcpcore.Hint(fmt.Errorf("there is no customer %q", in.Customer), "ask the user for the number or the address")
}

type searchIn struct {
	Query string `json:"query" jsonschema:"words to look for" minLength:"2"`
}

func searchKnowledgeBase(_ context.Context, in searchIn) (string, error) {
	var found []string
	for _, article := range articles {
		if strings.Contains(strings.ToLower(article), strings.ToLower(in.Query)) {
			found = append(found, article)
		}
	}
	if len(found) == 0 {
		return "no article has these words", nil
	}
	return strings.Join(found, "\n"), nil
}

type ticketIn struct {
	Customer string `json:"customer" jsonschema:"customer number" pattern:"^C-[0-9]+$"`
	Subject  string `json:"subject" jsonschema:"what it is about, in one line" minLength:"3" maxLength:"120"`
	Priority string `json:"priority,omitzero" jsonschema:"how soon it matters" enum:"low,normal,high,urgent" default:"normal"`
}

var tickets atomic.Int64

func createSupportTicket(_ context.Context, in ticketIn) (string, error) {
	return fmt.Sprintf("ticket T-%d for %s: %s (%s)", tickets.Add(1), in.Customer, in.Subject, in.Priority), nil
}

func draftReply(_ context.Context, in ticketIn) ([]mcpcore.Message, error) {
	return []mcpcore.Message{mcpcore.User("Draft a friendly reply to customer " + in.Customer + " about: " + in.Subject)}, nil
}

func newServer(struct{}) (*mcpcore.Server, error) {
	s := mcpcore.New(mcpcore.Info{Name: "company", Title: "Company support"},
		mcpcore.Read("get_customer_info", "Look a customer up.", getCustomerInfo),
		mcpcore.Read("search_knowledge_base", "Search the help articles.", searchKnowledgeBase),
		mcpcore.Write("create_support_ticket", "Open a support ticket.", createSupportTicket))
	s.AddResources(mcpcore.Resource{
		URI: "config://company/support-policies", Name: "support-policies", MIMEType: "text/markdown",
		Read: func(context.Context, string) ([]mcpcore.Contents, error) { return mcpcore.TextContents(policies), nil },
	})
	s.AddPrompts(mcpcore.NewPrompt("draft_reply", "Draft a reply to a customer.", draftReply))
	return s, nil
}

func main() { mcpcore.Main("company", newServer) }
