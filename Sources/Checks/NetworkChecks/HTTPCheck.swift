// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

package import CheckScheduling
import HTTP1Wire

/// The check of kind `http`: a URL of `http` or `https` answers as expected.
///
/// Options: `method` (GET or HEAD), those of ``HTTPTarget`` and of ``HTTPExpectation``.
package struct HTTPCheck: NetworkCheckKind {
    private let target: HTTPTarget
    private let request: [UInt8]
    private let isHead: Bool
    private let expectation: HTTPExpectation

    /// Reads the target and its options, and the files of TLS.
    package init(_ target: String, _ options: CheckOptions) throws(CheckOptionError) {
        var options = options
        let place = try HTTPTarget(target, &options)
        let method = try options.take("method", "GET or HEAD") {
            ["GET", "HEAD"].contains($0) ? $0 : nil
        }
        isHead = method == "HEAD"
        expectation = try HTTPExpectation(&options)
        if isHead, expectation.needsBody {
            throw CheckOptionError("method", "is HEAD, whose responses have no body: use GET")
        }
        let (writer, path) = (place.writer, place.requestTarget)
        guard let request = isHead ? writer.head(path) : writer.get(path) else {
            throw HTTPTarget.malformed
        }
        self.request = request
        self.target = place
        try options.checkEmpty()
    }

    /// A GET that is judged as `curl -f` does, without options: for a check that runs once, and tells no details.
    package init(asCurl url: String) throws(CheckOptionError) {
        var options = CheckOptions()
        target = try HTTPTarget(url, &options)
        request = try target.get()
        (isHead, expectation) = (false, .asCurl)
    }

    package var targetText: String { target.url.masked }

    package var plan: NetworkPlan {
        target.plan { [request, isHead, expectation] in
            HTTPSession(request, isHead: isHead, expectation)
        }
    }
}
