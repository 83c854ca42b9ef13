// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import HTTP1Wire
import InstanceDocuments
import InstanceRegistry
import JSONWire
import RegistryCalls
import Text

extension RegistryAnswer {
    /// A registry has said it, and not a server without one.
    private var isOfRegistry: Bool { fields[RegistryPath.field] != nil }

    /// The registry does not have what was asked for.
    var isMissing: Bool { status == 404 && isOfRegistry }

    /// Why the registry has not done what it was asked for; nil when it has.
    var failure: StoreFailure? {
        switch status {
        case 200..<300 where isOfRegistry: nil
        case 401, 403:
            .refused(
                "it refuses to be written to (\(status)): give the token of the registry by token-file"
            )
        case 507: .refused("it refuses: \(words)")
        case 408, 429, 500...: .unreachable("it answers with \(status)")
        case _ where isOfRegistry: .refused("it refuses: \(words)")
        default:
            .refused(
                "there is no registry (\(status)): is the path right, and was its process started with --serve-registry?"
            )
        }
    }

    /// The text of an answer that is no success.
    private var words: String {
        body.withUnsafeBytes { bytes in
            guard JSONDocument.fits(bytes, maxValues: 16), let document = JSONDocument(bytes) else {
                return ""
            }
            return document.withRoot {
                PrintableText.escaped($0["error"].string ?? "", limit: 200)
            }
        }
    }
}
