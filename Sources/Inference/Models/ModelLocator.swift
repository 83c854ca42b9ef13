// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import SystemIO

/// The paths at which a skill's model may be.
package struct ModelLocator: Equatable, Sendable {
    /// The paths to try, in order.
    package let places: [String]

    /// - Parameters:
    ///   - path: The value of `--model`: then it is the only place, and `name` does not matter.
    ///   - name: The skill's name: one component of a path.
    ///   - root: A folder to take for `/` and for the working directory.
    package init(path: String? = nil, name: String, root: String = "") throws(ModelError) {
        if let path {
            guard !path.utf8.contains(0) else { throw .invalidPath(path) }
            self.places = [path]
            return
        }
        guard Self.isComponent(name) else { throw .invalidName(name) }
        let here = root.isEmpty ? "" : root + "/"
        self.places = [
            "\(root)/app/models/\(name).gguf",
            "\(here)models/skills/\(name).gguf",
            "\(here)models/\(name).gguf",
        ]
    }

    /// The first place where there is a file, whether it can be opened or not.
    package func locate() throws(ModelError) -> String {
        for place in places {
            do throws(SystemCallError) {
                _ = try FileStatus.of(place)
                return place
            } catch {
                if case .notFound = ModelError(path: place, error) { continue }
                return place
            }
        }
        throw .notFound(places: places)
    }

    // Bytes, not Characters: a "/" before a combining mark is another Character, but a separator for the kernel.
    private static func isComponent(_ name: String) -> Bool {
        let bytes = [UInt8](name.utf8)
        let dot = UInt8(ascii: ".")
        return !bytes.isEmpty && !bytes.contains(0) && !bytes.contains(UInt8(ascii: "/"))
            && !zip(bytes, bytes.dropFirst()).contains { $0 == dot && $1 == dot }
    }
}
