// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CLinux

/// Facts about this project that its programs print.
package enum Vitals {
    /// The version of all its programs and libraries.
    package static let version = "0.1.0"

    /// The version and what it was built from (Semantic Versioning, 10): a commit, `archive-without-git` or
    /// `debug-build`.
    package static var fullVersion: String { version + "+" + String(cString: clinux_commit()) }

    /// What `-version` prints, a line.
    package static var versionText: String { fullVersion + "\n" }

    /// What `-version -v` prints behind it: the libraries that are linked, and the notices that go with them.
    package static var noticesText: String {
        "libraries: " + String(cString: clinux_libraries()) + "\n\n"
            + String(cString: clinux_notices())
    }
}
