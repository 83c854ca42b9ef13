// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

package import CheckScheduling

extension TargetURL {
    /// The same, with an error that names the target.
    package static func forCheck(
        _ text: String, schemes: String, takesServices: Bool = false
    ) throws(CheckOptionError) -> TargetURL {
        do throws(TargetURLError) {
            return try TargetURL(text, schemes: schemes, takesServices: takesServices)
        } catch {
            throw CheckOptionError("target", error.text)
        }
    }
}
