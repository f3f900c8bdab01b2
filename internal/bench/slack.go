package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"
)

const (
	slackBinary   = "servers/slack/cmd/mcp-slack"
	slackFake     = "servers/slack/internal/fake/serve"
	slackPeer     = "slack-mcp-server"
	slackPeerVers = "1.3.0"
	slackOld      = "@modelcontextprotocol/server-slack"
	slackOldVers  = "2025.4.25"
)

// slackServer is one Slack server under measurement.
type slackServer struct {
	name, tool string
	argv       []string
}

// slackRow is one server's values, one per round.
type slackRow struct {
	Program string    `json:"program"`
	Start   []float64 `json:"initializeMS"`
	RSS     []float64 `json:"rss"`
	Tools   int       `json:"toolsListBytes"`
}

// slackResult is the Slack benchmark.
type slackResult struct {
	Rounds   int         `json:"rounds"`
	Users    int         `json:"users"`
	Messages int         `json:"messages"` // of the export
	Rows     []*slackRow `json:"rows"`
	Search   []float64   `json:"searchRSS"`   // peak after the search of all users
	Thread   []float64   `json:"threadRatio"` // bytes of an answer over those of its text
	Export   []float64   `json:"exportMS"`
	ExportM  []float64   `json:"exportRSS"`
	Decode   []float64   `json:"decodeRatio"` // slack-go's decode over our decode and format
	Stripped float64     `json:"strippedBytes"`
	Goals    []*goal     `json:"goals"`
}

func runSlack(ctx context.Context, w *workshop, o options, dir string, out io.Writer) (*slackResult, error) {
	res := &slackResult{Rounds: o.rounds, Users: 50_000, Messages: 100_000}
	if o.quick {
		res.Users, res.Messages = 2000, 5000
	}
	bin, err := w.build(ctx, slackBinary)
	if err != nil {
		return nil, err
	}
	helper, err := w.build(ctx, slackFake)
	if err != nil {
		return nil, err
	}
	if err := res.weigh(ctx, w); err != nil {
		return nil, err
	}
	export := filepath.Join(dir, "export.zip")
	if _, err := output(ctx, "", helper, "-export", export, "-messages", strconv.Itoa(res.Messages)); err != nil {
		return nil, err
	}
	vendor, err := startFake(ctx, helper, res.Users)
	if err != nil {
		return nil, err
	}
	defer vendor.stop()
	servers := append([]slackServer{{ours, "channels_list", []string{"env", "SLACK_API_URL=" + vendor.url, "SLACK_BOT_TOKEN=" + vendor.token, bin}}}, slackPeers(ctx, w, out)...)
	for range o.rounds {
		for _, s := range servers {
			if err := res.serve(ctx, s); err != nil {
				return nil, err
			}
		}
		if err := errors.Join(res.work(ctx, servers[0], vendor), res.openExport(ctx, bin, export), res.decode(ctx, w, o)); err != nil {
			return nil, err
		}
	}
	res.goals()
	res.print(out)
	return res, nil
}

// fakeSlack is a fake workspace in a process of its own.
type fakeSlack struct {
	url, token, thread string
	textBytes          float64 // of the thread
	cmd                *exec.Cmd
	in                 io.Closer
}

func startFake(ctx context.Context, helper string, users int) (*fakeSlack, error) {
	cmd := exec.CommandContext(ctx, helper, "-users", strconv.Itoa(users), "-channels", strconv.Itoa(users*2/5))
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	f := &fakeSlack{cmd: cmd, in: in}
	_, err = fmt.Fscan(out, &f.url, &f.token, &f.thread, &f.textBytes)
	return f, err
}

func (f *fakeSlack) stop() {
	f.in.Close()
	_ = f.cmd.Wait() // it has nothing to say
}

// slackPeers installs the peers. They speak to no Slack: initialize and
// tools/list are what is measured of them.
func slackPeers(ctx context.Context, w *workshop, note io.Writer) []slackServer {
	var out []slackServer
	for _, p := range []struct{ pkg, version, path, tool string }{
		{slackPeer, slackPeerVers, "slack-mcp-server-linux-amd64/bin/slack-mcp-server-linux-amd64", "channels_list"},
		{slackOld, slackOldVers, slackOld + "/dist/index.js", "slack_list_channels"},
	} {
		dir, err := w.npm(ctx, p.pkg, p.version)
		file := filepath.Join(dir, "node_modules", filepath.FromSlash(p.path))
		if err == nil {
			_, err = os.Stat(file)
		}
		if err != nil {
			fmt.Fprintf(note, "note: npm %s is left out: %v\n", p.pkg, err)
			continue
		}
		argv := []string{"env", "SLACK_BOT_TOKEN=xoxb-0", "SLACK_TEAM_ID=T0", "node", file}
		if p.pkg == slackPeer {
			argv = []string{"env", "SLACK_MCP_XOXP_TOKEN=demo", file, "--transport", "stdio", "--no-cache"}
		}
		out = append(out, slackServer{p.pkg, p.tool, argv})
	}
	return out
}

func (r *slackResult) row(program string) *slackRow {
	for _, row := range r.Rows {
		if row.Program == program {
			return row
		}
	}
	row := &slackRow{Program: program}
	r.Rows = append(r.Rows, row)
	return row
}

// serve starts a server and measures it up to the list of its tools.
func (r *slackResult) serve(ctx context.Context, s slackServer) error {
	row := r.row(s.name)
	begin := time.Now()
	p, err := start(ctx, s.name, s.argv)
	if err != nil {
		return err
	}
	hello := request(legacy, 1, "initialize", `"protocolVersion":"2025-06-18","capabilities":{},"clientInfo":{"name":"bench","version":"1"}`)
	_, err = p.roundTrip(hello, 1)
	row.Start = append(row.Start, millis(time.Since(begin)))
	if err == nil {
		var answer []byte
		list := append([]byte(`{"jsonrpc":"2.0","method":"notifications/initialized"}`+"\n"), request(legacy, 2, "tools/list", "")...)
		answer, err = p.roundTrip(list, 2)
		if err == nil && !bytes.Contains(answer, []byte(`"name":"`+s.tool+`"`)) {
			err = p.fail(fmt.Errorf("tools/list lacks %s", s.tool))
		}
		row.Tools = len(answer)
	}
	row.RSS = append(row.RSS, p.memory("VmRSS:"))
	_, stopErr := p.stop()
	return errors.Join(err, stopErr)
}

// call calls a tool and returns the text of its answer.
func (p *process) call(id int, tool, arguments string) (string, error) {
	answer, err := p.roundTrip(request(legacy, id, "tools/call", fmt.Sprintf(`"name":%q,"arguments":%s`, tool, arguments)), id)
	if err != nil {
		return "", err
	}
	var got struct {
		Result struct {
			Content []struct {
				Text string `json:"text"`
			} `json:"content"`
			IsError bool `json:"isError"`
		} `json:"result"`
	}
	if err := json.Unmarshal(answer, &got); err != nil || len(got.Result.Content) == 0 || got.Result.IsError {
		return "", p.fail(fmt.Errorf("%s: %.300s", tool, answer))
	}
	return got.Result.Content[0].Text, nil
}

// work searches all users, and reads a thread whose authors are not known yet.
func (r *slackResult) work(ctx context.Context, s slackServer, vendor *fakeSlack) error {
	p, err := start(ctx, s.name, s.argv)
	if err != nil {
		return err
	}
	err = p.greet(legacy, s.tool)
	text := ""
	if err == nil {
		text, err = p.call(10, "conversations_replies", fmt.Sprintf(`{"channel_id":"C0PUBLIC1","thread_ts":%q}`, vendor.thread))
	}
	if err == nil && (!strings.Contains(text, "50 messages") || !strings.Contains(text, "User Number49: ")) {
		err = p.fail(fmt.Errorf("the thread is not whole: %.300s", text))
	}
	r.Thread = append(r.Thread, float64(len(text))/vendor.textBytes)
	want := "@user" + strconv.Itoa(r.Users-1) + " "
	for id := 11; err == nil; id++ {
		if text, err = p.call(id, "users_search", fmt.Sprintf(`{"query":"number%d"}`, r.Users-1)); strings.Contains(text, want) {
			break
		}
		if err == nil && !strings.Contains(text, "still being read") {
			err = p.fail(fmt.Errorf("the last user is not found: %.300s", text))
		}
	}
	r.Search = append(r.Search, p.peakRSS())
	_, stopErr := p.stop()
	return errors.Join(err, stopErr)
}

// openExport opens an export and searches it: from the spawn to the answer.
func (r *slackResult) openExport(ctx context.Context, bin, export string) error {
	begin := time.Now()
	p, err := start(ctx, ours, []string{bin, "--export", export})
	if err != nil {
		return err
	}
	err = p.greet(legacy, "channels_list")
	text := ""
	if err == nil {
		text, err = p.call(10, "conversations_search_messages", fmt.Sprintf(`{"search_query":"needle%dx"}`, r.Messages/2/1000*1000))
	}
	r.Export = append(r.Export, millis(time.Since(begin)))
	if err == nil && !strings.Contains(text, "1 message,") {
		err = p.fail(fmt.Errorf("the message is not found: %.300s", text))
	}
	r.ExportM = append(r.ExportM, p.peakRSS())
	_, stopErr := p.stop()
	return errors.Join(err, stopErr)
}

var perOp = regexp.MustCompile(`(?m)^Benchmark(\w+?)(?:-\d+)?\s+\d+\s+(\d+) ns/op`)

// decode has the page of 200 messages decoded by slack-go, and decoded and
// written by us.
func (r *slackResult) decode(ctx context.Context, w *workshop, o options) error {
	count := "200x"
	if o.quick {
		count = "20x"
	}
	text, err := output(ctx, filepath.Join(w.root, "servers", "slack"), "go", "test", "-run=^$", "-bench=^BenchmarkPage", "-benchtime="+count, ".")
	if err != nil {
		return err
	}
	took := map[string]float64{}
	for _, m := range perOp.FindAllStringSubmatch(text, -1) {
		took[m[1]], _ = strconv.ParseFloat(m[2], 64)
	}
	if took["Page"] == 0 || took["PageVendor"] == 0 {
		return fmt.Errorf("no times in %q", text)
	}
	r.Decode = append(r.Decode, took["PageVendor"]/took["Page"])
	return nil
}

// weigh builds the program as a release does.
func (r *slackResult) weigh(ctx context.Context, w *workshop) error {
	bin := filepath.Join(w.bin, "mcp-slack-stripped")
	if _, err := output(ctx, filepath.Join(w.root, filepath.FromSlash(slackBinary)), "go", "build", "-trimpath", "-ldflags=-s -w", "-o", bin, "."); err != nil {
		return err
	}
	info, err := os.Stat(bin)
	if err == nil {
		r.Stripped = float64(info.Size())
	}
	return err
}
