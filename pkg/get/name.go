package get

import (
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/premAI-io/verify-manifests/pkg/finding"
)

// maxNameBytes is the longest name that all common file systems allow.
const maxNameBytes = 255

// reserved are the names of devices on Windows, with any extension
// (https://learn.microsoft.com/windows/win32/fileio/naming-a-file).
var reserved = strings.Fields("con prn aux nul conin$ conout$ com0 com1 com2 com3 com4 com5 com6 com7 com8 com9 com¹ com² com³ " +
	"lpt0 lpt1 lpt2 lpt3 lpt4 lpt5 lpt6 lpt7 lpt8 lpt9 lpt¹ lpt² lpt³")

// CheckName returns nil for a slash-separated name that is a valid path below a folder on every system, else the reason why not.
func CheckName(name string) error {
	switch {
	case name == "":
		return errors.New("the name is empty")
	case path.IsAbs(name):
		return fmt.Errorf("the name %s is an absolute path", finding.Quote(name))
	case !utf8.ValidString(name):
		return fmt.Errorf("the name %s is not valid UTF-8", finding.Quote(name))
	}
	for segment := range strings.SplitSeq(name, "/") {
		if why := checkSegment(segment); why != "" {
			return fmt.Errorf("the name %s %s", finding.Quote(name), why)
		}
	}
	return nil
}

func checkSegment(segment string) string {
	device, _, _ := strings.Cut(segment, ".")
	switch {
	case segment == "..":
		return "leads out of the folder"
	case segment == "", segment == ".":
		return "has an empty segment, or `.`"
	case len(segment) > maxNameBytes:
		return fmt.Sprintf("has a segment of more than %d bytes", maxNameBytes)
	case strings.ContainsAny(segment, `\:*?"<>|`), strings.ContainsFunc(segment, unicode.IsControl):
		return "has a character that some systems don't allow in file names"
	case strings.HasSuffix(segment, "."), strings.HasSuffix(segment, " "):
		return "has a segment that ends in a dot or a space, which Windows drops"
	case slices.Contains(reserved, strings.ToLower(strings.TrimRight(device, " "))):
		return "is reserved by Windows"
	case strings.HasPrefix(segment, partPrefix):
		return "is reserved for unfinished downloads"
	}
	return ""
}
