package protocol

import (
	"time"

	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/jsonrpc"
)

// Content is one block of a tool's result or a prompt's message: Text, Image,
// Audio, Link or Embedded.
type Content interface {
	appendTo(w *jsonrpc.Writer, r *Revision)
}

// Text is text for the model.
type Text struct {
	Text        string
	Annotations *Annotations
}

// Image is a picture.
type Image struct {
	Data        []byte
	MIMEType    string
	Annotations *Annotations
}

// Audio is sound. A client of 2024-11-05 gets a line of text instead.
type Audio struct {
	Data        []byte
	MIMEType    string
	Annotations *Annotations
}

// Link points at a resource that the client can read when it wants to. A
// client older than 2025-06-18 gets a line of text instead.
type Link struct {
	URI, Name, Title, Description, MIMEType string
	Size                                    int64 // bytes; 0 where unknown
	Icons                                   []Icon
	Annotations                             *Annotations
}

// Embedded is a resource that travels with the result.
type Embedded struct {
	Resource    Contents
	Annotations *Annotations
}

// Contents is what reading a resource gives: Text, or Blob where it is not nil.
type Contents struct {
	URI, MIMEType string
	Text          string
	Blob          []byte
}

// Annotations tell a client whom a block is for and how much it matters.
type Annotations struct {
	Audience     []string // "user", "assistant"
	Priority     float64  // 0 to 1
	LastModified time.Time
}

// Icon is a picture that stands for a server, tool, resource or prompt.
type Icon struct {
	Src      string // an https or data URI
	MIMEType string
	Sizes    []string // such as "48x48", "any"
	Theme    string   // "light", "dark" or ""
}

func (c Text) appendTo(w *jsonrpc.Writer, r *Revision) {
	w.Open('{')
	w.Key("type").String("text")
	w.Key("text").String(c.Text)
	c.Annotations.appendTo(w, r)
	w.Close('}')
}

func (c Image) appendTo(w *jsonrpc.Writer, r *Revision) {
	appendMedia(w, r, "image", c.Data, c.MIMEType, c.Annotations)
}

func (c Audio) appendTo(w *jsonrpc.Writer, r *Revision) {
	if !r.AudioContent {
		Text{Text: "(audio, " + c.MIMEType + ": this client cannot take it)"}.appendTo(w, r)
		return
	}
	appendMedia(w, r, "audio", c.Data, c.MIMEType, c.Annotations)
}

func appendMedia(w *jsonrpc.Writer, r *Revision, kind string, data []byte, mime string, a *Annotations) {
	w.Open('{')
	w.Key("type").String(kind)
	w.Key("data").Base64(data)
	w.Key("mimeType").String(mime)
	a.appendTo(w, r)
	w.Close('}')
}

func (c Link) appendTo(w *jsonrpc.Writer, r *Revision) {
	if !r.ResourceLinks {
		Text{Text: c.Name + ": " + c.URI, Annotations: c.Annotations}.appendTo(w, r)
		return
	}
	w.Open('{')
	w.Key("type").String("resource_link")
	resourceFields(w, r, c)
	w.Close('}')
}

func (c Embedded) appendTo(w *jsonrpc.Writer, r *Revision) {
	w.Open('{')
	w.Key("type").String("resource")
	w.Key("resource")
	c.Resource.appendTo(w)
	c.Annotations.appendTo(w, r)
	w.Close('}')
}

func (c Contents) appendTo(w *jsonrpc.Writer) {
	w.Open('{')
	w.Key("uri").String(c.URI)
	w.Optional("mimeType", c.MIMEType)
	if c.Blob != nil {
		w.Key("blob").Base64(c.Blob)
	} else {
		w.Key("text").String(c.Text)
	}
	w.Close('}')
}

func (a *Annotations) appendTo(w *jsonrpc.Writer, r *Revision) {
	if a == nil {
		return
	}
	w.Key("annotations").Open('{')
	if len(a.Audience) > 0 {
		w.Key("audience").Open('[')
		for _, who := range a.Audience {
			w.String(who)
		}
		w.Close(']')
	}
	if a.Priority > 0 {
		w.Key("priority").Float(min(a.Priority, 1))
	}
	if r.LastModified && !a.LastModified.IsZero() {
		w.Key("lastModified").String(a.LastModified.UTC().Format(time.RFC3339))
	}
	w.Close('}')
}

func appendIcons(w *jsonrpc.Writer, r *Revision, icons []Icon) {
	if !r.Icons || len(icons) == 0 {
		return
	}
	w.Key("icons").Open('[')
	for _, i := range icons {
		w.Open('{')
		w.Key("src").String(i.Src)
		w.Optional("mimeType", i.MIMEType)
		if len(i.Sizes) > 0 {
			w.Key("sizes").Open('[')
			for _, s := range i.Sizes {
				w.String(s)
			}
			w.Close(']')
		}
		w.Optional("theme", i.Theme)
		w.Close('}')
	}
	w.Close(']')
}
