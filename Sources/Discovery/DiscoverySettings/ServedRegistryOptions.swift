// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

package import EventLoops
import Flags
import InstanceRegistry
import Registering
package import ServedRegistry
package import Settings
import SystemIO

/// Whether a process serves a registry to others.
package struct ServedRegistryOptions: Sendable {
    package var isServed = false
    /// What others have to show before they may register where everybody reaches the pages.
    package var token = Secret.none

    /// No registry.
    package init() {}

    /// What is wrong with them. The registry is at the pages; an address of operators takes writes without a token.
    package func problems(hasPages: Bool, pages flag: String) -> [SettingProblem] {
        if !isServed, token.isSet {
            return [
                SettingProblem(
                    "--registry-token-file needs --serve-registry", about: "registry-token-file",
                    "serve-registry")
            ]
        }
        if isServed, !hasPages {
            return [
                SettingProblem(
                    "--serve-registry needs an address where it is served: set --\(flag)",
                    about: "serve-registry", flag)
            ]
        }
        return []
    }

    /// What is allowed, but probably a mistake.
    package func warnings(hasOperators: Bool) -> [SettingProblem] {
        let file = token.path.flatMap {
            SettingProblem.ofFile(
                $0, isSecret: true, as: "--registry-token-file", about: "registry-token-file")
        }
        if let file { return [file] }
        if !isServed || token.isSet || hasOperators { return [] }
        return [
            SettingProblem(
                "no client can register at this registry: set --registry-token-file or --admin",
                about: "serve-registry")
        ]
    }

    /// Makes the registry, for who has this token; nil where none is served. One address may have so many per cent of its places.
    package func makeServer(
        token: String?, maxPeerShare: Int = RegistryServer.maxPeerShare, on loop: EventLoop
    ) -> RegistryServer? {
        isServed ? RegistryServer(on: loop, token: token, maxPeerShare: maxPeerShare) : nil
    }

    /// The token; nil without one.
    package func readToken() throws(ServedRegistryError) -> String? {
        let read: String?
        do throws(SystemCallError) {
            read = try token.read()
        } catch {
            throw ServedRegistryError("--registry-token-file cannot be read: \(error.text)")
        }
        // Everybody would have it.
        if read?.isEmpty == true {
            throw ServedRegistryError("--registry-token-file has no token in it")
        }
        return read
    }

    /// How long the process is kept in its own registry without another write.
    private static let ownTimeToLive = Duration.seconds(30)

    /// The process in its own registry.
    static func place(in server: RegistryServer) -> Registrar.Place {
        Registrar.Place(
            server.makeOwnStore(timeToLive: ownTimeToLive), named: "own", timeToLive: ownTimeToLive)
    }
}

/// Why a registry cannot be served.
package struct ServedRegistryError: Error {
    /// What is wrong, and what to do.
    package let text: String

    init(_ text: String) { self.text = text }
}
