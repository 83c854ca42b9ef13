// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import Text

/// Numbers of options as people write them.
package enum CheckNumber {
    /// A decimal number, with a fraction or an exponent; nil for what Swift takes as well: hexadecimal numbers, `nan`, `inf`.
    package static func decimal(_ text: String) -> Double? {
        guard text.utf8.allSatisfy({ $0.isDigit || "+-.eE".utf8.contains($0) }),
            let number = Double(text), number.isFinite
        else { return nil }
        return number
    }
}
