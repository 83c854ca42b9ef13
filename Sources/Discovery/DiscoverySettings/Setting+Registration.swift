// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import Flags
package import Settings
import Text

extension Setting {
    /// The settings of a process that registers itself, for a program that has them in `field`.
    package static func registration(
        _ field: @autoclosure @escaping () -> WritableKeyPath<Options, RegistrationOptions>
    ) -> [Setting] {
        var registry = SettingType<RegistrySetting>.url(
            "registry",
            parse: { text throws(FlagValueError) in try RegistrySetting(line: text) },
            print: { $0.name })
        // Any of it may hold a secret.
        registry.shown = { _ in "(not shown)" }
        return [
            .records(
                "register", in: "registries", field().appending(path: \.registries), registry,
                parse: { record throws(SettingRecordError) in try RegistrySetting(record) },
                print: { $0.record },
                "registry in which others find the service: redis://HOST[:PORT][/DATABASE], etcd://HOST[:PORT], consul://AGENT[:PORT] "
                    + "or http://HOST:PORT of a process with --serve-registry, then options with commas between them, such as ttl=1m; as often as needed"
            ),
            .value(
                "service-name", field().appending(path: \.serviceName), .text("name"),
                "name of the service in registries and on /health",
                default: "the name of the service"),
            .value(
                "advertise", field().appending(path: \.advertised), .optional(.advertised),
                "where others find the service: HOST:PORT",
                default: "its own port at an address of this machine"),
            .list(
                "tags", field().appending(path: \.tags), .text,
                "tags by which the service is found, with commas between them"),
            .list(
                "metadata", field().appending(path: \.metadata), .metadata,
                "what the registry says of the service beside that: NAME=VALUE; as often as needed"),
            .value(
                "serve-registry", field().appending(path: \.served.isServed), .boolean,
                "serve a registry to others, below /discover of the pages"),
            .secret(
                "registry-token", field().appending(path: \.served.token),
                "file of the token with which others may register there; without it only at --admin"
            ),
        ]
    }
}

extension SettingType where Value == HostAndPort {
    fileprivate static var advertised: SettingType {
        .text(
            "address",
            parse: { text throws(FlagValueError) in
                if let address = HostAndPort(text.utf8[...]) { return address }
                throw FlagValueError(
                    "use HOST:PORT, such as 10.0.0.7:50051 or [2001:db8::7]:50051")
            },
            print: { $0.text })
    }
}

extension SettingType where Value == MetadataEntry {
    fileprivate static var metadata: SettingType {
        .text(
            "entry",
            parse: { text throws(FlagValueError) in try MetadataEntry(text) },
            print: { $0.text })
    }
}
