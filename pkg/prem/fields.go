package prem

import (
	"fmt"
	"path"
	"regexp"
	"strconv"
	"strings"

	"github.com/premAI-io/verify-manifests/pkg/document"
	"github.com/premAI-io/verify-manifests/pkg/finding"
)

const binaryService = "binary"

// serviceType holds a service that has binaries against what it calls itself.
func serviceType(s *service) {
	v := s.root.Get("serviceType")
	switch {
	case !s.set("binariesUrl") && !s.set("binaries") || v.String() == binaryService:
	case !s.set("serviceType"):
		s.report(ManifestServiceType, s.binariesField(), "There are binaries, and no `serviceType`: the App takes the service for a container", "Add `\"serviceType\": \"binary\"`")
	case v.Kind() == document.String: // else the schema says so
		s.report(ManifestServiceType, valueOf(v), fmt.Sprintf("There are binaries, and `serviceType` is %s: the App starts them where it is `binary`", finding.Quote(v.String())), "")
	}
}

// noImage leaves an entry that is an object without an image to the schema.
func noImage(s *service) {
	images := s.root.Get("dockerImages")
	if images.Kind() != document.Object || s.comingSoon() || len(s.binaries) > 0 {
		return
	}
	for _, name := range []string{"cpu", "gpu"} {
		if images.Get(name).Kind() == document.Object {
			return
		}
	}
	s.report(ManifestNoImage, valueOf(images), "`dockerImages` names no image under `cpu` or `gpu`: there is nothing to start", "")
}

// numberWord looks at the numbers that may be words, and leaves placeholders to their own rule.
func numberWord(s *service) {
	for _, name := range []string{"tokensPerSecond", "secondsPerImage"} {
		v := s.root.Get("modelInfo").Get(name)
		if v.Kind() != document.String || blanks.MatchString(v.String()) {
			continue
		}
		message, fix := fmt.Sprintf("%s is the word %s, and people compare services by its number", finding.Quote(name), finding.Quote(v.String())), ""
		if _, err := strconv.ParseFloat(v.String(), 64); err == nil {
			message, fix = fmt.Sprintf("%s is a number between quotes, which makes it a word", finding.Quote(name)), "Write "+finding.Quote(v.String())+" without quotes"
		}
		s.report(ManifestNumberWord, valueOf(v), message, fix)
	}
}

// shortID is the length of names that differ in a letter or two because they mean something else.
const shortID = 4

// idFolder reports an id that differs from the folder's name by a slip. One that differs in case or separators only is meant.
func idFolder(s *service) {
	want := strings.TrimPrefix(s.folder, kindOf(s.folder)+"-")
	plain := func(name string) string {
		return strings.ToLower(strings.NewReplacer("_", "", "-", "", " ", "").Replace(name))
	}
	isShort := min(len(s.id()), len(want)) <= shortID
	if !isShort && s.id() != s.folder && plain(s.id()) != plain(want) && finding.Nearest(s.id(), []string{want}) != "" {
		s.report(ManifestIDFolder, s.field("id"),
			fmt.Sprintf("The id is %s, and the folder %s: they are nearly one", finding.Quote(s.id()), finding.Quote(s.folder)),
			"Write "+finding.Quote(strconv.Quote(want))+", or rename the folder")
	}
}

// placeKeepers are the names of files that hold nothing.
var placeKeepers = regexp.MustCompile(`(?i)^\.?((git)?keep|placeholder|dummy|empty)(\.(txt|md))?$`)

// placeholderWeight is silent where the App needs the file: in version 1, as the only one.
func placeholderWeight(s *service) {
	if len(s.weights) == 1 && s.set("weightsFiles") {
		return
	}
	for _, w := range s.weights {
		if name := path.Base(w.Name); placeKeepers.MatchString(name) {
			s.report(ManifestPlaceholderWeight, urlOf(w), fmt.Sprintf("%s is no part of a model by its name, and everybody downloads it", finding.Quote(w.Name)), "")
		}
	}
}
