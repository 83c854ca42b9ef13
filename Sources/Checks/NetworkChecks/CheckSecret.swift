// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CheckScheduling

/// A secret of a check: in a file, in a variable of the environment, or in the URL.
enum CheckSecret {
    /// Takes `password-file` and `password-env`; without them it is the URL's.
    static func take(
        _ options: inout CheckOptions, url: TargetURL
    ) throws(CheckOptionError) -> String? {
        try take("password", &options, inURL: url.password)
    }

    /// Takes `NAME-file` and `NAME-env`; without them it is what is in the URL.
    static func take(
        _ name: String, _ options: inout CheckOptions, inURL: String? = nil
    ) throws(CheckOptionError) -> String? {
        try options.takeSecret(name, inURL: inURL)
    }
}
