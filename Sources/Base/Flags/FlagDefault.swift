// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import Text

/// The default of a flag. Its text is made only for a usage text: a run that needs none does not pay for it.
package enum FlagDefault: ExpressibleByStringLiteral {
    case none
    /// As it is written here.
    case text(String)
    /// A text, which is shown in quotes.
    case quoted(String)
    case integer(Int)
    case duration(Duration)
    case size(Int64)

    package init(stringLiteral text: String) { self = .text(text) }

    /// As the usage text shows it; empty when it is zero, which is not shown.
    package var text: String {
        switch self {
        case .none: ""
        case .text(let text): text
        case .quoted(let text): PrintableText.quoted(text)
        case .integer(let number): number == 0 ? "" : "\(number)"
        case .duration(let duration): duration == .zero ? "" : duration.goText
        case .size(let size): size == 0 ? "" : SizeText.exact(size)
        }
    }
}
