package prem

import "github.com/premAI-io/verify-manifests/pkg/finding"

// The IDs of the rules about what the App and the registry's generator would trip over.
const (
	ManifestPathEscape           = "manifest/path-escape"
	ManifestServeCommand         = "manifest/serve-command"
	ManifestServeCommandPlatform = "manifest/serve-command-platform"
	ManifestShellSyntax          = "manifest/shell-syntax"
	ManifestModelPath            = "manifest/model-path"
	ManifestPort                 = "manifest/port"
	ManifestNoPort               = "manifest/no-port"
	ManifestArchive              = "manifest/archive"
	ManifestWeightIsBinary       = "manifest/weight-is-binary"
	ManifestNoWeights            = "manifest/no-weights"
	ManifestWeightsDirectory     = "manifest/weights-directory"
	ManifestVersion              = "manifest/version"
	ManifestNoBinary             = "manifest/no-binary"
	ManifestPlatform             = "manifest/platform"
	ManifestPlatformUnknown      = "manifest/platform-unknown"
	ManifestFilePlatform         = "manifest/file-platform"
	ManifestMisspeltKey          = "manifest/misspelt-key"
	ManifestPlaceholder          = "manifest/placeholder"
	ManifestInterfaces           = "manifest/interfaces"
	ManifestFolder               = "manifest/folder"
	ManifestNoReadme             = "manifest/no-readme"
	ManifestNoLogo               = "manifest/no-logo"
	ManifestDuplicateID          = "manifest/duplicate-id"
	ManifestDuplicatePort        = "manifest/duplicate-port"
	ManifestSharedWeights        = "manifest/shared-weights"
	ManifestServiceType          = "manifest/service-type"
	ManifestNoImage              = "manifest/no-image"
	ManifestNumberWord           = "manifest/number-word"
	ManifestIDFolder             = "manifest/id-folder"
	ManifestModelName            = "manifest/model-name"
	ManifestPlaceholderWeight    = "manifest/placeholder-weight"
)

func init() { finding.Register(manifestRules...) }

var manifestRules = []finding.Rule{
	{
		ID: ManifestPathEscape, Severity: finding.Error,
		Title:   "A file's name leads out of the service's folder",
		Brief:   "the file's name leaves its folder",
		Why:     "The App writes files where their names lead, without a check: `..` or an absolute path overwrites a user's own files.",
		Example: `"weightsFiles": ["../../.zshrc"]`,
		Fix:     "Name files by relative paths with slashes, such as `tokenizer/vocab.txt`.",
	},
	{
		ID: ManifestServeCommand, Severity: finding.Error,
		Title:   "The command does not start with the name of a downloaded binary",
		Brief:   "the command does not start the binary",
		Why:     "The App joins the first word of `serveCommand` to the service's folder and executes that file: it finds none, or one that it did not download.",
		Example: `"serveCommand": "./server --port=8447" for a binary whose URL ends in server-aarch64-apple-darwin`,
		Fix:     "Begin with the bare file name, which is the last part of the binary's URL.",
	},
	{
		ID: ManifestServeCommandPlatform, Severity: finding.Warning,
		Title:   "The command names the binary of some platforms only",
		Brief:   "the command fits some platforms only",
		Why:     "There is one `serveCommand` for all platforms, and each platform's binary is stored under the last part of its URL: where that differs, the service can't start.",
		Example: `"serveCommand": "server-aarch64-apple-darwin serve" beside a binary called server-x86_64-unknown-linux-gnu`,
		Fix:     "Publish the binaries of all platforms under one file name, each at a URL of its own; or remove the platforms that the command can't serve.",
	},
	{
		ID: ManifestShellSyntax, Severity: finding.Error,
		Title:   "The command needs a shell or a template",
		Why:     "The App splits the command at white space and executes the program: nobody expands variables, joins commands, strips quotes or fills in values.",
		Example: `"serveCommand": "server --port=$PORT && echo started"`,
		Fix:     "Write the program and its arguments as they are.",
	},
	{
		ID: ManifestModelPath, Severity: finding.Error,
		Title:   "The command names a model that is not downloaded",
		Brief:   "the command names an unknown model",
		Why:     "The program runs in the service's folder, finds no model there and stops; the App waits for it without end.",
		Example: `"serveCommand": "server --model-path=model.gguf" beside "weightsFiles": ["model-q4.gguf"]`,
		Fix:     "Name a file of `weightsFiles` or `weights`, or `.` for their folder.",
	},
	{
		ID: ManifestPort, Severity: finding.Error,
		Title:   "The server listens on another port than the App expects",
		Brief:   "the server listens on another port",
		Why:     "The App asks `localhost:<defaultExternalPort>` until it answers: its window hangs.",
		Example: `"serveCommand": "server --port=8000" beside "defaultExternalPort": 8447`,
		Fix:     "Give `--port` and `defaultExternalPort` the same value.",
	},
	{
		ID: ManifestNoPort, Severity: finding.Warning,
		Title:   "The command names no port",
		Why:     "The App asks `localhost:<defaultExternalPort>` until it answers: its window hangs if the server's own default is another port.",
		Example: `"serveCommand": "server serve" beside "defaultExternalPort": 8447`,
		Fix:     "Add `--port=` with the value of `defaultExternalPort`, if the program takes it; nothing needs to be done if that is its default.",
	},
	{
		ID: ManifestArchive, Severity: finding.Error,
		Title:   "A binary is an archive",
		Why:     "The App executes the file as it came; it unpacks nothing.",
		Example: `"aarch64-apple-darwin": "https://github.com/acme/server/releases/download/v1.2.0/server.tar.gz"`,
		Fix:     "Publish the executable itself, and name it.",
	},
	{
		ID: ManifestWeightIsBinary, Severity: finding.Warning,
		Title:   "A weight is the binary",
		Why:     "The App stores both under one name: one download overwrites the other, or is taken for it.",
		Example: `"weightsFiles": ["server-aarch64-apple-darwin"] beside a binary of that name`,
		Fix:     "List the model's files. A service that has none needs some small file there, such as its licence.",
	},
	{
		ID: ManifestNoWeights, Severity: finding.Error,
		Title:   "The list of weights is empty, or missing",
		Why:     "The App takes a service whose list is empty for downloaded already, and never fetches its binary; over one without the list it exits.",
		Example: `"weightsFiles": []`,
		Fix:     "List the model's files. A service that has none needs some small file there, such as its licence.",
	},
	{
		ID: ManifestWeightsDirectory, Severity: finding.Error,
		Title:   "The weights' folder lacks the slash at its end",
		Brief:   "the weights' folder lacks its last slash",
		Why:     "The App joins `weightsDirectoryUrl` and each name as they are: `…/mainmodel.gguf` does not exist.",
		Example: `"weightsDirectoryUrl": "https://huggingface.co/acme/model/resolve/main"`,
		Fix:     "Add the slash.",
	},
	{
		ID: ManifestVersion, Severity: finding.Error,
		Title:   "The version does not fit the fields",
		Why:     "The App reads `version` to know where a service's files stand: `\"1\"` means `binariesUrl` and `weightsFiles`, none means a container.",
		Example: `"version": "1" beside "dockerImages" only`,
		Fix:     "Write the version that the fields belong to: `\"1\"` for `binariesUrl`, `\"1.1\"` for `binaries`, none for `dockerImages`.",
	},
	{
		ID: ManifestNoBinary, Severity: finding.Warning,
		Title:   "There is nothing that the App could run",
		Why:     "The App looks for `x86_64-apple-darwin` or `aarch64-apple-darwin`, then `universal-apple-darwin`: without one of them nobody can use the service.",
		Example: `"binariesUrl": {"aarch64-apple-darwin": null}`,
		Fix:     "Add a binary, or `\"comingSoon\": true`.",
	},
	{
		ID: ManifestPlatform, Severity: finding.Error,
		Title:   "A platform is misspelt",
		Why:     "The App looks for its own name of the platform, and does not find this binary.",
		Example: `"darwin-arm64": "https://…"`,
		Fix:     "Write the target triple: `aarch64-apple-darwin`, `x86_64-apple-darwin`, `universal-apple-darwin`.",
	},
	{
		ID: ManifestPlatformUnknown, Severity: finding.Warning,
		Title:   "A platform that nobody looks for",
		Why:     "The App knows the platforms of macOS only, the registry those of Linux and Windows as well.",
		Example: `"sparc-sun-solaris": "https://…"`,
		Fix:     "Remove the entry, or write one of `aarch64-apple-darwin`, `x86_64-apple-darwin`, `universal-apple-darwin`, `x86_64-unknown-linux-gnu`.",
	},
	{
		ID: ManifestFilePlatform, Severity: finding.Warning,
		Title:   "The file's name is that of another platform",
		Why:     "A binary for another processor or system does not start. Mostly a line was copied and not changed.",
		Example: `"aarch64-apple-darwin": "https://…/server-x86_64-apple-darwin"`,
		Fix:     "Name the file for the platform; or publish it under a name that does not mislead.",
	},
	{
		ID: ManifestMisspeltKey, Severity: finding.Warning,
		Title:   "A field's name looks misspelt",
		Why:     "The App ignores fields that it does not know, so the value is lost without a word.",
		Example: `"serveComand": "server --port=8447"`,
		Fix:     "Correct the name.",
	},
	{
		ID: ManifestPlaceholder, Severity: finding.Warning,
		Title:   "A placeholder was left",
		Why:     "People see it, or the App uses it as it stands.",
		Example: `"description": "TODO"`,
		Fix:     "Write what is meant, or remove the field.",
	},
	{
		ID: ManifestInterfaces, Severity: finding.Warning,
		Title:   "The kind of service is not that of its folder",
		Brief:   "the kind is not that of the folder",
		Why:     "The App shows services by their `interfaces`, the registry sorts them by folder: the service is found in one of the two only.",
		Example: `"interfaces": ["chat"] in the folder coder-acme`,
		Fix:     "Write the kind that the service is, and let the folder's name begin with it.",
	},
	{
		ID: ManifestFolder, Severity: finding.Warning,
		Title:   "The folder's name does not fit the registry",
		Why:     "The generator takes folders that hold a kind of service in their name, and leaves out others without a word.",
		Example: "a manifest in the folder my service",
		Fix:     "Call the folder by the kind and the name, such as `chat-mistral-7b`.",
	},
	{
		ID: ManifestNoReadme, Severity: finding.Error,
		Title:   "There is no README.md beside the manifest",
		Why:     "The registry's generator fails altogether over a folder without one, so no service is published.",
		Example: "a folder with manifest.json and readme.txt",
		Fix:     "Add a `README.md` that says what the service is.",
	},
	{
		ID: ManifestNoLogo, Severity: finding.Notice,
		Title:   "There is no logo.svg beside the manifest",
		Why:     "The registry's generator makes the icon of it: the App shows the service without one.",
		Example: "a folder with manifest.json and logo.png",
		Fix:     "Add a `logo.svg`.",
	},
	{
		ID: ManifestDuplicateID, Severity: finding.Error,
		Title:   "Two services have one id",
		Why:     "The App shows the first and drops the second. Ids that differ in case only share a folder, which goes with the first of them that is removed.",
		Example: `"id": "mistral-7b-instruct" in two manifests`,
		Fix:     "Give the newer service an id of its own.",
	},
	{
		ID: ManifestDuplicatePort, Severity: finding.Warning,
		Title:   "Two services have one port",
		Why:     "Who runs the one can't start the other. The container and the binary of one service may share a port.",
		Example: `"defaultExternalPort": 8447 in two manifests`,
		Fix:     "Choose a port that no other service has.",
	},
	{
		ID: ManifestSharedWeights, Severity: finding.Notice,
		Title:   "Two services have the same weights",
		Why:     "Mostly a manifest was copied, and its URLs not changed.",
		Example: `the same "weightsDirectoryUrl" and "weightsFiles" in two manifests`,
		Fix:     "Make sure that both are meant; nothing needs to be done if they are.",
	},
	{
		ID: ManifestServiceType, Severity: finding.Warning,
		Title:   "A service with binaries does not say that it is one",
		Brief:   "the service type is missing",
		Why:     "The App starts a service without `serviceType` as a container, and one of a type that it does not know not at all.",
		Example: `"binariesUrl": {…} without "serviceType": "binary"`,
		Fix:     "Write `\"serviceType\": \"binary\"`.",
	},
	{
		ID: ManifestNoImage, Severity: finding.Warning,
		Title:   "A container service names no image",
		Why:     "There is nothing to start, and the service is shown as if there were.",
		Example: `"dockerImages": {}`,
		Fix:     "Name an image under `cpu` or `gpu`; or write `\"comingSoon\": true`.",
	},
	{
		ID: ManifestNumberWord, Severity: finding.Notice,
		Title:   "A word stands where a number is meant",
		Why:     "People compare services by these numbers, and can't compare a word.",
		Example: `"tokensPerSecond": "Variable"`,
		Fix:     "Write the number without quotes, or leave the field out. Nothing needs to be done where the word is meant.",
	},
	{
		ID: ManifestIDFolder, Severity: finding.Warning,
		Title:   "The id is nearly that of the folder",
		Why:     "The id is mostly the folder's name without the kind. A letter's difference is a slip, or an id that was copied from the service next to it.",
		Example: `"id": "mistral-7b-instuct" in the folder chat-mistral-7b-instruct`,
		Fix:     "Write the id as in the folder's name; or rename the folder.",
	},
	{
		ID: ManifestModelName, Severity: finding.Warning,
		Title:   "The model is called as that of another service",
		Brief:   "the model's name is another service's",
		Why:     "Mostly a manifest was copied, and the name of its model not changed: people read that they get another one.",
		Example: `the same "weightsName" in two manifests with other weights`,
		Fix:     "Write the name of this service's model.",
	},
	{
		ID: ManifestPlaceholderWeight, Severity: finding.Notice,
		Title:   "A file that only keeps a place stands among the weights",
		Brief:   "a placeholder among the weights",
		Why:     "A service of version 1 without a model needs some small file in its list. Beside a model, or in version 1.1, everybody downloads it for nothing.",
		Example: `"weightsFiles": ["model.gguf", "keep.txt"]`,
		Fix:     "Remove it.",
	},
}
