// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

package import GGUF
package import HostMemory
package import SystemIO
import Text

/// Why a model cannot be used: which file, and what is wrong with it. Paths are as they were given.
package enum ModelError: Error, Equatable, Sendable {
    /// There is no file at any of these paths, which were tried in this order.
    case notFound(places: [String])
    /// An empty name, or one that could lead out of the folders of models.
    case invalidName(String)
    /// A path with a NUL, where the kernel would end it.
    case invalidPath(String)
    case notRegularFile(path: String, kind: FileStatus.Kind)
    case empty(path: String)
    case permissionDenied(path: String)
    case system(path: String, SystemCallError)
    /// The file changed while it was being checked: it is still being written.
    case changed(path: String)
    /// The file of a loaded model became shorter than its mapping.
    case truncated(path: String, found: UInt64, expected: UInt64)
    /// The file of a loaded model was overwritten, and is invalid now.
    case overwritten(path: String, GGUFError)
    /// The file is larger than the memory that is available for it.
    case noRoom(path: String, needed: UInt64, available: MemorySample)
    /// The files of a split model do not belong together.
    case split(path: String, SplitFault)
    /// The contents are not a complete GGUF file.
    case invalid(path: String, GGUFError)

    /// A system call on the file at `path` that failed.
    init(path: String, _ failure: SystemCallError) {
        switch failure.errno {
        case .noSuchFile, .notADirectory: self = .notFound(places: [path])
        case .permissionDenied, .notPermitted: self = .permissionDenied(path: path)
        default: self = .system(path: path, failure)
        }
    }

    /// The reason without a path: for answers to clients.
    package var reason: String {
        switch self {
        case .notFound: "no model file was found"
        case .invalidName: "the skill's name is not a file name"
        case .invalidPath: "the model's path is invalid"
        case .notRegularFile(_, let kind): "it is \(kind.text), expected a regular file"
        case .empty: "the model file is empty"
        case .permissionDenied: "permission denied"
        case .system(_, let failure): failure.text
        case .changed: "the model file changed while it was read"
        case .truncated(_, let found, let expected):
            "the model file was truncated from \(expected) to \(found) bytes while it was in use"
        case .overwritten(_, let error):
            "the model file was overwritten while it was in use: \(error.text)"
        case .noRoom(_, let needed, let sample):
            "needs \(SizeText.rounded(needed, .up)), \(SizeText.rounded(sample.availableBytes, .down)) available"
        case .split(_, let fault): fault.text
        case .invalid(_, let error): error.text
        }
    }

    /// For a person: "models/chat.gguf: the file is empty".
    package var text: String {
        switch self {
        case .notFound(let places) where places.count == 1: "\(places[0]): no such file"
        case .notFound(let places):
            "no model file, looked for " + places.joined(separator: ", ")
        case .invalidName(let name):
            "\"\(String(printable: name.utf8))\" is not a model name: it must not be empty or contain "
                + "\"/\", \"..\" or NUL"
        case .invalidPath(let path): "\"\(String(printable: path.utf8))\" contains a NUL"
        case .notRegularFile(let path, let kind): "\(path): \(kind.text), expected a regular file"
        case .empty(let path): "\(path): the file is empty"
        case .permissionDenied(let path): "\(path): permission denied"
        case .system(let path, let failure): "\(path): \(failure.text)"
        case .changed(let path): "\(path): the file changed while it was read"
        case .truncated(let path, _, _), .overwritten(let path, _): "\(path): \(reason)"
        case .noRoom(let path, _, let sample): "\(path): \(reason) (\(sample.source.text))"
        case .split(let path, let fault): "\(path): \(fault.text)"
        case .invalid(let path, let error): "\(path): \(error.text)"
        }
    }
}
