package fake

import (
	"fmt"
	"slices"
)

// Sample is a fake with a workspace in which each kind of thing is there once.
func Sample() *Server {
	s := New()
	for i, name := range []string{"ada", "lin", "sam"} {
		s.AddUser(fmt.Sprintf("U0PERSON%d", i+1), name, map[string]string{"ada": "Ada Okafor", "lin": "Lin Berg", "sam": "Sam Ito"}[name])
	}
	s.AddUser(Human, "human", "Hu Man")
	s.AddUser(BotUser, "bot", "The Bot")
	all := []string{BotUser, Human, "U0PERSON1", "U0PERSON2"}
	s.Add("C0PUBLIC1", "general", all, "is_general")
	s.Add("C0PUBLIC2", "random", []string{Human, "U0PERSON1"})
	s.Add("G0PRIVAT1", "secret-plans", all, "is_private", "is_group")
	s.Add("C0EXTERN1", "partner", all, "is_ext_shared", "is_shared")
	s.Add("C0ARCHIV1", "old", all, "is_archived")
	s.Add("D0DIRECT1", "", []string{Human, "U0PERSON1"}, "is_im", "is_private").Info["user"] = "U0PERSON1"
	s.Add("D0DIRECT2", "", []string{BotUser, "U0PERSON1"}, "is_im", "is_private").Info["user"] = "U0PERSON1"
	s.Add("G0MPIM001", "mpdm-ada--lin--human-1", []string{BotUser, Human, "U0PERSON1", "U0PERSON2"}, "is_mpim", "is_private")
	s.Say("C0PUBLIC1", "1795000000.000100", "U0PERSON1", "hello <@U0PERSON2>, the launch is in <#C0PUBLIC2>")
	s.Say("C0PUBLIC1", "1795000100.000100", "U0PERSON2", "launch thread", "thread_ts", "1795000100.000100", "reply_count", 1, "latest_reply", "1795000200.000100")
	s.Say("C0PUBLIC1", "1795000200.000100", "U0PERSON1", "first reply about the launch", "thread_ts", "1795000100.000100")
	s.Say("C0PUBLIC1", "1795000300.000100", BotUser, "mine: launch noted")
	s.Say("C0PUBLIC2", "1795000400.000100", Human, "launch snacks")
	s.Say("G0PRIVAT1", "1795000500.000100", "U0PERSON1", "the launch is cancelled, tell nobody")
	s.Say("D0DIRECT1", "1795000600.000100", "U0PERSON1", "launch gossip")
	s.Say("C0EXTERN1", "1795000700.000100", "U0PERSON1", "launch with partners")
	s.Groups = []map[string]any{{"id": "S0GROUP01", "handle": "ops", "name": "Operations", "users": []string{"U0PERSON1"}, "user_count": 1}}
	return s
}

// Add adds a channel with flags such as is_private.
func (s *Server) Add(id, name string, members []string, flags ...string) *Channel {
	info := object{"id": id, "name": name, "is_channel": id[0] == 'C', "is_private": false, "is_im": false, "is_mpim": false, "is_archived": false, "created": 1700000000}
	for _, f := range flags {
		info[f] = true
	}
	c := &Channel{Info: info, Members: slices.Clone(members)}
	s.Channels = append(s.Channels, c)
	return c
}

// AddUser adds a user.
func (s *Server) AddUser(id, handle, name string) {
	s.Users = append(s.Users, object{
		"id": id, "team_id": "T0FAKE001", "name": handle, "real_name": name, "deleted": false, "is_bot": id == BotUser,
		"profile": map[string]any{"display_name": name, "real_name": name, "email": handle + "@fake.example", "title": "at work"},
	})
}

// Say adds a message; more are pairs of further fields.
func (s *Server) Say(channel, ts, user, said string, more ...any) {
	m := map[string]any{"type": "message", "ts": ts, "user": user, "text": said}
	for i := 0; i+1 < len(more); i += 2 {
		m[more[i].(string)] = more[i+1]
	}
	if s.channel(channel) == nil {
		panic("there is no channel " + channel)
	}
	s.channel(channel).Messages = append(s.channel(channel).Messages, m)
}

// Messages are what a channel holds.
func (s *Server) Messages(channel string) []map[string]any {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.channel(channel).Messages)
}
