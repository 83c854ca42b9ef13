// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CheckScheduling
import Testing

@testable import VitalsDiscovery

@Suite("Where a client looks")
struct SourceSettingTests {
    @Test("A source is a registry or DNS; secrets are not shown")
    func sources() throws {
        for (line, name) in [
            ("rediss://u:secret@h:1/2,ttl=1m,insecure", "rediss://u:***@h:1/2"),
            ("consul://h", "consul://h"), ("etcd://h,member=b:1", "etcd://h"),
            ("srv:_grpc._tcp.*.test,server=10.0.0.2", "srv:_grpc._tcp.*.test"),
            ("dns:*.test:80", "dns:*.test:80"),
        ] { #expect(try SourceSetting(line: line).name == name) }
        #expect(try SourceSetting(line: "redis://h,ttl=1m").timeToLive == .seconds(60))
        #expect(try SourceSetting(line: "srv:h").timeToLive == nil)
    }

    @Test("What is wrong is said")
    func problems() {
        for (line, words) in [
            ("h:6379", "srv:NAME"), ("", "redis://"), ("redis://h,colour=red", "colour is unknown"),
            ("srv:h,ttl=1m", "ttl is unknown"), ("dns:h", "dns:NAME:PORT"),
            ("srv:h,server=a,server=b", "server is given twice"),
        ] {
            let error = #expect(throws: CheckOptionError.self) { try SourceSetting(line: line) }
            #expect(error?.text.contains(words) == true, "\(line): \(error?.text ?? "")")
        }
    }
}
