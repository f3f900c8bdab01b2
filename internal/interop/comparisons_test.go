package interop

// comparison is one call that both servers get. In it, $DIR is the directory of
// the case, $TOP the allowed one above it, $CASE the name of the first in the
// second, and $SECRET a file outside.
type comparison struct {
	name, tool string
	args       object
	meaning    func(result) any // what must be the same; nil: only whether it worked, and the disk
}

func edits(pairs ...string) []object {
	var out []object
	for i := 0; i < len(pairs); i += 2 {
		out = append(out, object{"oldText": pairs[i], "newText": pairs[i+1]})
	}
	return out
}

// unicodeForm is a case in which the file systems of a Mac see no difference.
const unicodeForm = "read a name in another Unicode form"

var comparisons = []comparison{
	{"read", "read_text_file", object{"path": "$DIR/notes.txt"}, verbatim},
	{"read by the old name", "read_file", object{"path": "$DIR/notes.txt"}, verbatim},
	{"read a relative path", "read_text_file", object{"path": "$CASE/notes.txt"}, verbatim},
	{"read UTF-8", "read_text_file", object{"path": "$DIR/docs/unicode.md"}, verbatim},
	{"read CRLF", "read_text_file", object{"path": "$DIR/crlf.txt"}, verbatim},
	{"read nothing", "read_text_file", object{"path": "$DIR/empty.txt"}, verbatim},
	{"read what is not UTF-8", "read_text_file", object{"path": "$DIR/latin1.txt"}, verbatim},
	{"read what is not text", "read_text_file", object{"path": "$DIR/nul.dat"}, verbatim},
	{"read a link", "read_text_file", object{"path": "$DIR/links/file"}, verbatim},
	{"read with dots in the path", "read_text_file", object{"path": "$DIR/src/./deep/../../notes.txt"}, verbatim},
	{"read with slashes in the path", "read_text_file", object{"path": "$DIR//src///main.go"}, verbatim},
	{unicodeForm, "read_text_file", object{"path": "$DIR/docs/gru\u0308n.txt"}, verbatim},
	{"read a directory", "read_text_file", object{"path": "$DIR/src"}, nil},
	{"read what is missing", "read_text_file", object{"path": "$DIR/absent"}, nil},
	{"read outside", "read_text_file", object{"path": "$SECRET"}, nil},
	{"read outside by dots", "read_text_file", object{"path": "$TOP/../outside/secret.txt"}, nil},
	{"read outside by a link", "read_text_file", object{"path": "$DIR/links/out"}, nil},
	{"read without a path", "read_text_file", object{}, nil},
	{"read with a stray argument", "read_text_file", object{"path": "$DIR/notes.txt", "encoding": "utf-8"}, verbatim},
	{"head", "read_text_file", object{"path": "$DIR/notes.txt", "head": 2}, verbatim},
	{"head of more than there is", "read_text_file", object{"path": "$DIR/unended.txt", "head": 9}, verbatim},
	{"head of more than there is, ended", "read_text_file", object{"path": "$DIR/notes.txt", "head": 9}, verbatim},
	{"head of nothing", "read_text_file", object{"path": "$DIR/empty.txt", "head": 2}, verbatim},
	{"tail", "read_text_file", object{"path": "$DIR/unended.txt", "tail": 2}, verbatim},
	{"tail of an ended file", "read_text_file", object{"path": "$DIR/notes.txt", "tail": 2}, verbatim},
	{"tail of more than there is", "read_text_file", object{"path": "$DIR/unended.txt", "tail": 9}, verbatim},
	{"tail of nothing", "read_text_file", object{"path": "$DIR/empty.txt", "tail": 2}, verbatim},
	{"head of no lines", "read_text_file", object{"path": "$DIR/notes.txt", "head": 0}, verbatim},
	{"head of less than none", "read_text_file", object{"path": "$DIR/notes.txt", "head": -1}, verbatim},
	{"head as text", "read_text_file", object{"path": "$DIR/notes.txt", "head": "2"}, verbatim},
	{"head and tail", "read_text_file", object{"path": "$DIR/notes.txt", "head": 1, "tail": 1}, nil},

	{"image", "read_media_file", object{"path": "$TOP/pixel.png"}, blocks},
	{"drawing", "read_media_file", object{"path": "$DIR/drawing.svg"}, blocks},
	{"sound", "read_media_file", object{"path": "$DIR/sound.mp3"}, blocks},
	{"other bytes", "read_media_file", object{"path": "$DIR/blob.xyz"}, blocks},
	{"text as bytes", "read_media_file", object{"path": "$DIR/notes.txt"}, blocks},
	{"missing image", "read_media_file", object{"path": "$DIR/absent.png"}, nil},
	{"image outside", "read_media_file", object{"path": "$SECRET"}, nil},

	{"several", "read_multiple_files", object{"paths": []string{"$DIR/notes.txt", "$DIR/unended.txt"}}, sections},
	{"several, one missing", "read_multiple_files", object{"paths": []string{"$DIR/absent", "$DIR/notes.txt"}}, sections},
	{"several, one outside", "read_multiple_files", object{"paths": []string{"$DIR/notes.txt", "$SECRET"}}, sections},
	{"several, all missing", "read_multiple_files", object{"paths": []string{"$DIR/absent", "$DIR/gone"}}, sections},
	{"several, none", "read_multiple_files", object{"paths": []string{}}, nil},

	{"write", "write_file", object{"path": "$DIR/new.txt", "content": "neu ü\n"}, nil},
	{"write over", "write_file", object{"path": "$DIR/notes.txt", "content": "new\n"}, nil},
	{"write nothing", "write_file", object{"path": "$DIR/notes.txt", "content": ""}, nil},
	{"write CRLF", "write_file", object{"path": "$DIR/new.txt", "content": "a\r\nb\r\n"}, nil},
	{"write through a link", "write_file", object{"path": "$DIR/links/file", "content": "new\n"}, nil},
	{"write over a directory", "write_file", object{"path": "$DIR/src", "content": "new\n"}, nil},
	{"write into what is missing", "write_file", object{"path": "$DIR/absent/new.txt", "content": "new\n"}, nil},
	{"write outside", "write_file", object{"path": "$SECRET", "content": "new\n"}, nil},
	{"write outside by a link", "write_file", object{"path": "$DIR/links/out", "content": "new\n"}, nil},
	{"write through a loose link", "write_file", object{"path": "$DIR/links/nowhere", "content": "new\n"}, nil},

	{"edit", "edit_file", object{"path": "$DIR/notes.txt", "edits": edits("beta", "BETA")}, changes},
	{"edit twice", "edit_file", object{"path": "$DIR/notes.txt", "edits": edits("alpha", "one", "one\nbeta", "two")}, changes},
	{"edit several lines", "edit_file", object{"path": "$DIR/src/main.go", "edits": edits("func main() {\n\tprintln(\"hello\")\n}", "func main() {}")}, changes},
	{"edit, only looking", "edit_file", object{"path": "$DIR/notes.txt", "edits": edits("beta", "BETA"), "dryRun": true}, changes},
	{"edit with a dollar", "edit_file", object{"path": "$DIR/notes.txt", "edits": edits("beta", "$& $1 $$")}, changes},
	{"edit away", "edit_file", object{"path": "$DIR/notes.txt", "edits": edits("beta\n", "")}, changes},
	{"edit with other indentation", "edit_file", object{"path": "$DIR/indented.txt", "edits": edits("y()", "z()")}, changes},
	{"edit loosely", "edit_file", object{"path": "$DIR/indented.txt", "edits": edits("if x {\ny()\n}", "if x {\nz()\n}")}, changes},
	{"edit without backticks ending it", "edit_file", object{"path": "$DIR/notes.txt", "edits": edits("beta", "```")}, changes},
	{"edit CRLF", "edit_file", object{"path": "$DIR/crlf.txt", "edits": edits("two", "2")}, changes},
	{"edit what is there twice", "edit_file", object{"path": "$DIR/twice.txt", "edits": edits("same", "other")}, changes},
	{"edit nothing into nothing", "edit_file", object{"path": "$DIR/notes.txt", "edits": edits("beta", "beta")}, changes},
	{"edit empty text", "edit_file", object{"path": "$DIR/notes.txt", "edits": edits("", "x")}, changes},
	{"edit without edits", "edit_file", object{"path": "$DIR/notes.txt", "edits": []object{}}, changes},
	{"edit what is not there", "edit_file", object{"path": "$DIR/notes.txt", "edits": edits("omega", "x")}, nil},
	{"edit, the second is not there", "edit_file", object{"path": "$DIR/notes.txt", "edits": edits("beta", "x", "omega", "y")}, nil},
	{"edit a missing file", "edit_file", object{"path": "$DIR/absent", "edits": edits("a", "b")}, nil},
	{"edit outside", "edit_file", object{"path": "$SECRET", "edits": edits("hunter2", "b")}, nil},

	{"create", "create_directory", object{"path": "$DIR/new"}, nil},
	{"create nested", "create_directory", object{"path": "$DIR/new/a/b"}, nil},
	{"create again", "create_directory", object{"path": "$DIR/src"}, nil},
	{"create over a file", "create_directory", object{"path": "$DIR/notes.txt"}, nil},
	{"create outside", "create_directory", object{"path": "$TOP/../outside/new"}, nil},

	{"list", "list_directory", object{"path": "$DIR"}, lines},
	{"list nothing", "list_directory", object{"path": "$DIR/vacant"}, lines},
	{"list with a slash at the end", "list_directory", object{"path": "$DIR/src/"}, lines},
	{"list links", "list_directory", object{"path": "$DIR/links"}, lines},
	{"list a file", "list_directory", object{"path": "$DIR/notes.txt"}, nil},
	{"list what is missing", "list_directory", object{"path": "$DIR/absent"}, nil},
	{"list outside", "list_directory", object{"path": "$TOP/.."}, nil},
	{"sizes", "list_directory_with_sizes", object{"path": "$DIR/src"}, columns},
	{"sizes by size", "list_directory_with_sizes", object{"path": "$DIR/docs", "sortBy": "size"}, columns},
	{"sizes of like names", "list_directory_with_sizes", object{"path": "$DIR/src/deep"}, columns},
	{"sizes of nothing", "list_directory_with_sizes", object{"path": "$DIR/vacant"}, columns},
	{"sizes in a strange order", "list_directory_with_sizes", object{"path": "$DIR", "sortBy": "colour"}, nil},
	{"sizes outside", "list_directory_with_sizes", object{"path": "$TOP/.."}, nil},

	{"tree", "directory_tree", object{"path": "$DIR/src"}, branches},
	{"tree with hidden files", "directory_tree", object{"path": "$DIR", "excludePatterns": []string{"links"}}, branches},
	{"tree of nothing", "directory_tree", object{"path": "$DIR/vacant"}, branches},
	{"tree without a name", "directory_tree", object{"path": "$DIR/src", "excludePatterns": []string{"build"}}, branches},
	{"tree without a nested name", "directory_tree", object{"path": "$DIR/src", "excludePatterns": []string{"util.go"}}, branches},
	{"tree without a glob", "directory_tree", object{"path": "$DIR/src", "excludePatterns": []string{"**/*_test.go"}}, branches},
	{"tree without a shallow glob", "directory_tree", object{"path": "$DIR/src", "excludePatterns": []string{"*.go"}}, branches},
	{"tree without all below", "directory_tree", object{"path": "$DIR/src", "excludePatterns": []string{"deep/**"}}, branches},
	{"tree with links", "directory_tree", object{"path": "$DIR/links"}, branches},
	{"tree of a file", "directory_tree", object{"path": "$DIR/notes.txt"}, nil},
	{"tree of what is missing", "directory_tree", object{"path": "$DIR/absent"}, nil},
	{"tree outside", "directory_tree", object{"path": "$TOP/.."}, nil},

	{"move", "move_file", object{"source": "$DIR/notes.txt", "destination": "$DIR/docs/notes.md"}, nil},
	{"move a directory", "move_file", object{"source": "$DIR/src", "destination": "$DIR/source"}, nil},
	{"move onto a file", "move_file", object{"source": "$DIR/notes.txt", "destination": "$DIR/empty.txt"}, nil},
	{"move onto a directory", "move_file", object{"source": "$DIR/notes.txt", "destination": "$DIR/vacant"}, nil},
	{"move onto itself", "move_file", object{"source": "$DIR/notes.txt", "destination": "$DIR/notes.txt"}, nil},
	{"move into itself", "move_file", object{"source": "$DIR/src", "destination": "$DIR/src/deep/src"}, nil},
	{"move into what is missing", "move_file", object{"source": "$DIR/notes.txt", "destination": "$DIR/absent/notes.txt"}, nil},
	{"move what is missing", "move_file", object{"source": "$DIR/absent", "destination": "$DIR/new"}, nil},
	{"move a link", "move_file", object{"source": "$DIR/links/file", "destination": "$DIR/links/moved"}, nil},
	{"move a loose link", "move_file", object{"source": "$DIR/links/nowhere", "destination": "$DIR/links/moved"}, nil},
	{"move a link to outside", "move_file", object{"source": "$DIR/links/out", "destination": "$DIR/links/moved"}, nil},
	{"move outside", "move_file", object{"source": "$DIR/notes.txt", "destination": "$TOP/../outside/notes.txt"}, nil},
	{"move from outside", "move_file", object{"source": "$SECRET", "destination": "$DIR/secret.txt"}, nil},

	{"search at the top", "search_files", object{"path": "$DIR/src", "pattern": "*.go"}, lines},
	{"search at any depth", "search_files", object{"path": "$DIR/src", "pattern": "**/*.go"}, lines},
	{"search a name", "search_files", object{"path": "$DIR", "pattern": "**/util.go"}, lines},
	{"search a directory", "search_files", object{"path": "$DIR", "pattern": "**/deep"}, lines},
	{"search alternatives", "search_files", object{"path": "$DIR/src", "pattern": "**/*.{go,bin}"}, lines},
	{"search hidden files", "search_files", object{"path": "$DIR", "pattern": "*hidden"}, lines},
	{"search in other case", "search_files", object{"path": "$DIR/src", "pattern": "MAIN.go"}, lines},
	{"search, nothing found", "search_files", object{"path": "$DIR/src", "pattern": "*.rs"}, lines},
	{"search without a glob", "search_files", object{"path": "$DIR/src", "pattern": "**/*.go", "excludePatterns": []string{"**/*_test.go"}}, lines},
	{"search without a directory", "search_files", object{"path": "$DIR/src", "pattern": "**/*.go", "excludePatterns": []string{"deep"}}, lines},
	{"search without all below", "search_files", object{"path": "$DIR/src", "pattern": "**/*.go", "excludePatterns": []string{"deep/**"}}, lines},
	{"search all below", "search_files", object{"path": "$DIR/src", "pattern": "deep/**"}, lines},
	{"search without a nested name", "search_files", object{"path": "$DIR", "pattern": "**/*.go", "excludePatterns": []string{"deep"}}, lines},
	{"search for nothing", "search_files", object{"path": "$DIR/src", "pattern": ""}, lines},
	{"search a broken pattern", "search_files", object{"path": "$DIR/src", "pattern": "[a"}, lines},
	{"search among links", "search_files", object{"path": "$DIR/links", "pattern": "**"}, lines},
	{"search what is missing", "search_files", object{"path": "$DIR/absent", "pattern": "**"}, nil},
	{"search outside", "search_files", object{"path": "$TOP/..", "pattern": "**"}, nil},

	{"info", "get_file_info", object{"path": "$DIR/notes.txt"}, facts},
	{"info on a directory", "get_file_info", object{"path": "$DIR/src"}, func(r result) any {
		out := facts(r).(map[string]string)
		delete(out, "size")
		delete(out, "modified")
		return out
	}},
	{"info on a link", "get_file_info", object{"path": "$DIR/links/file"}, facts},
	{"info on what is missing", "get_file_info", object{"path": "$DIR/absent"}, nil},
	{"info outside", "get_file_info", object{"path": "$SECRET"}, nil},

	{"allowed directories", "list_allowed_directories", object{}, verbatim},
}

// difference is one that is meant.
type difference struct {
	ours, theirs string // "answers" or "refuses"
	because      string
}

const answers, refuses = "answers", "refuses"

var differences = map[string]difference{
	"offer read_file": {refuses, answers, "the old name works and is not listed: every listed tool costs every model"},

	"read what is not UTF-8":     {answers, answers, "the model is told that bytes are missing from what it sees"},
	"read what is not text":      {refuses, answers, "bytes shown as text cannot be written back; read_media_file gives them whole"},
	"read with a stray argument": {refuses, answers, "an argument that does nothing is a misunderstanding, and is named"},
	"tail of an ended file":      {answers, answers, "a line break ends the last line and does not begin another, empty one"},
	"head of less than none":     {refuses, answers, "a number without a meaning is named"},
	"head as text":               {answers, refuses, "a number in quotes is plain enough"},
	unicodeForm:                  {refuses, answers, "names are bytes, as they are to the file system"},
	"text as bytes":              {answers, answers, "the type is taken from the content too, not from a short list of names alone"},

	"edit loosely":              {answers, answers, "what is put in gets the indentation of what it replaces"},
	"edit CRLF":                 {answers, answers, "the line breaks of the other lines stay as they are"},
	"edit what is there twice":  {refuses, answers, "which of the two is meant is not guessed"},
	"edit nothing into nothing": {refuses, answers, "an edit without effect is a mistake, and is said to be one"},
	"edit empty text":           {refuses, answers, "empty text is everywhere"},
	"edit without edits":        {refuses, answers, "an edit without effect is a mistake, and is said to be one"},

	"list links":          {answers, answers, "a link to a directory inside is a directory to whoever goes on from there"},
	"sizes of like names": {answers, answers, "names are in the order of their bytes, the same on every machine"},

	"tree without all below":       {answers, answers, "deep/** takes deep itself along, so that no empty directory is left"},
	"search all below":             {answers, answers, "deep/** stands for deep itself too, as it does for the shell"},
	"search without a nested name": {answers, answers, "a plain name is excluded at any depth, as in the tree"},
	"search for nothing":           {refuses, answers, "an empty pattern is a mistake, and is said to be one"},
	"search a broken pattern":      {refuses, answers, "what is not a pattern would find nothing, whatever is there"},
	"search among links":           {answers, answers, "links that lead outside or nowhere have names, which list_directory shows as well"},

	"move a link to outside": {answers, refuses, "a link is moved wherever it leads, and what it leads to stays out of reach"},
	"move a loose link":      {answers, refuses, "a link is moved wherever it leads"},
	"move a link":            {answers, answers, "the link is moved, and not what it leads to"},
}
