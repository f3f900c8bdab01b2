package mcpcore

import "runtime/debug"

// Set by the linker in released binaries.
var buildVersion, buildCommit string

// Version is the version of the running binary: of the release, or else of the
// module it was installed from, or "devel".
func Version() string {
	if buildVersion != "" {
		return buildVersion
	}
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" && info.Main.Version != "(devel)" {
		return info.Main.Version
	}
	return "devel"
}

// Commit is the commit the running binary was built from, or "unknown".
func Commit() string {
	if buildCommit != "" {
		return buildCommit
	}
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, s := range info.Settings {
			if s.Key == "vcs.revision" {
				return s.Value
			}
		}
	}
	return "unknown"
}
