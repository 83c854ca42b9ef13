// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CLinux
import EventLoops
import Flags
import InstanceRegistry
import Settings
import StatusBoard
import TestSupport
import Testing
import Text

@testable import DiscoverySettings

@Suite("The settings of a registration")
struct RegistrationOptionsTests {
    private func problem(_ line: String) -> String? {
        do throws(FlagValueError) {
            _ = try RegistrySetting(line: line)
            return nil
        } catch {
            return error.reason
        }
    }

    @Test("A registry is a URL with options; secrets are not shown")
    func registry() throws {
        let setting = try RegistrySetting(line: "rediss://u:secret@h:1/2,ttl=1m30s,insecure")
        #expect(setting.name == "rediss://u:***@h:1/2")
        #expect(setting.timeToLive == .seconds(90))
        #expect(
            setting.record.fields == [
                .init("url", ["rediss://u:***@h:1/2"]), .init("ttl", ["1m30s"]),
                .init("insecure", [""]),
            ])
        #expect(try RegistrySetting(line: "redis://h").timeToLive == .seconds(300))
    }

    @Test("etcd has members")
    func etcd() throws {
        let setting = try RegistrySetting(line: "etcd://u:secret@h,member=b:1,member=[::1]")
        #expect(setting.name == "etcd://u:***@h")
        #expect(problem("etcd://h,member=b:0")?.contains("HOST:PORT") == true)
        #expect(problem("etcd://h/path")?.contains("member") == true)
        #expect(problem("etcd://:secret@h")?.contains("needs a user") == true)
        #expect(problem("etcd://:secret@h")?.contains("secret@") == false)
    }

    @Test("What is wrong is said, without a secret")
    func problems() {
        #expect(problem("h:6379")?.contains("redis://") == true)
        #expect(problem("ftp://u:secret@h")?.contains("secret") == false)
        #expect(problem("redis://h,ttl=1s")?.contains("3s or more") == true)
        #expect(problem("redis://h,colour=red")?.contains("colour is unknown") == true)
        #expect(problem("redis://h/x")?.contains("has a path that is not a database") == true)
        #expect(
            problem("redis://h,password-file=/does/not/exist")?.contains("cannot be read") == true)
    }

    @Test("An instance is what the process knows, and what the settings say")
    func instance() throws {
        var options = RegistrationOptions()
        options.registries = [try RegistrySetting(line: "redis://h")]
        options.tags = ["gpu,eu", "big"]
        options.metadata = [try MetadataEntry("zone=b=c")]
        var process = RegistrationOptions.Process(
            name: "chat", id: "chat-1", version: "1.0", host: nil, port: 50_051)
        process.health = ("http", nil, "/health")
        var instance = options.instance(of: process, "10.0.0.7")
        #expect(instance.key == InstanceKey(service: "chat", id: "chat-1"))
        #expect(instance.address == "10.0.0.7:50051")
        #expect(instance.healthCheckURL == "http://10.0.0.7:50051/health")
        #expect(instance.tags == ["gpu", "eu", "big"])
        #expect(instance.metadata == ["zone": "b=c"])
        #expect(instance.status == .starting)
        #expect(instance.fault == nil)
        options.serviceName = "talk"
        options.advertised = HostAndPort(host: "2001:db8::7", port: 443)
        process.health?.port = 9091
        instance = options.instance(of: process, "10.0.0.7")
        #expect(instance.key.service == "talk")
        #expect(instance.address == "[2001:db8::7]:443")
        #expect(instance.healthCheckURL == "http://[2001:db8::7]:9091/health")
    }

    @Test("The name of any program becomes one that a registry takes")
    func validName() {
        #expect(RegistrationOptions.validName("python3.11") == "python3.11")
        #expect(RegistrationOptions.validName("my app+ä") == "my-app---")
        #expect(RegistrationOptions.validName(String(repeating: "a", count: 300)).utf8.count == 246)
    }

    @Test(
        "A name that no registry takes, and a place that is not known, are problems; without a registry nothing is"
    )
    func together() throws {
        var options = RegistrationOptions()
        #expect(options.problems(name: "a b", hasPort: false).isEmpty)
        options.registries = [try RegistrySetting(line: "redis://h")]
        #expect(options.problems(name: "chat", hasPort: true).isEmpty)
        #expect(options.problems(name: "a b", hasPort: true).count == 1)
        #expect(options.problems(name: "chat", hasPort: false).count == 1)
        // The id is longer than the name.
        let longest = String(repeating: "a", count: 246)
        #expect(options.problems(name: longest, hasPort: true).isEmpty)
        let problem = options.problems(name: longest + "a", hasPort: true).first
        #expect(problem?.text.contains("--service-name") == true)
        options.tags = [String(repeating: "a", count: 300)]
        #expect(options.problems(name: "chat", hasPort: true).count == 1)
    }

    @Test(
        "What one of the registries would never take is a problem before the start, with its name")
    func refused() throws {
        var options = RegistrationOptions()
        options.registries = [
            try RegistrySetting(line: "redis://h"),
            try RegistrySetting(line: "consul://c"),
        ]
        options.metadata = try (0..<61).map { try MetadataEntry("name\($0)=value") }
        let found = options.problems(name: "chat", hasPort: true).map(\.text)
        #expect(
            found == [
                "the service cannot be registered in consul://c: Consul takes at most 60 entries of metadata"
            ])
        options.metadata = try (0..<64).map { number in
            try MetadataEntry("name\(number)=" + String(repeating: "v", count: 1000))
        }
        options.registries = [try RegistrySetting(line: "http://h")]
        let large = options.problems(name: "chat", hasPort: true).first?.text
        #expect(large?.contains("at most 61440 bytes of JSON") == true)
    }

    @Test("A registry that would never take the process is left out, and it is said")
    func leftOut() throws {
        let group = try EventLoopGroup(count: 1)
        defer { group.stop() }
        let log = RecordedLog()
        var options = RegistrationOptions()
        options.registries = [try RegistrySetting(line: "redis://127.0.0.1:1")]
        let process = RegistrationOptions.Process(
            name: "a b", id: "a b-1", version: "", host: "127.0.0.1", port: 80)
        let box = Mailbox<Bool>()
        let loop = group.loops[0]
        loop.post { [options] in
            let registrar = options.makeRegistrar(
                of: process, board: Board(rules: [], outcomes: [:]), on: loop, logger: log.logger)
            box.put(registrar == nil)
        }
        #expect(box.next() == true)
        #expect(log.messages == ["not registered: the registry would never take the service"])
        #expect(log.reasons == ["the name of a service has letters, digits, '-', '_' and '.' only"])
    }

    @Test(
        "A token that every user can read, or change, is a warning, also that of the own registry")
    func openFiles() throws {
        let folder = try TemporaryFolder()
        let token = try folder.write("secret", to: "token")
        var options = RegistrationOptions()
        options.registries = [
            try RegistrySetting(line: "http://h,token-file=\(token)"),
            try RegistrySetting(line: "redis://u@h,password-file=\(token)"),
        ]
        options.served.isServed = true
        options.served.token = .file(token)
        func warnings(_ mode: mode_t) -> [String] {
            _ = chmod(token, mode)
            return options.warnings(hasOperators: false).map(\.text)
        }
        #expect(warnings(0o600) == [] && warnings(0o640) == [])
        #expect(
            warnings(0o644) == [
                "--registry-token-file \(token) can be read by every user (mode 644): chmod o-r",
                "--register http://h: token-file \(token) can be read by every user (mode 644): chmod o-r",
                "--register redis://u@h: password-file \(token) can be read by every user (mode 644): chmod o-r",
            ])
        #expect(warnings(0o602).allSatisfy { $0.contains("changed by every user (mode 602)") })
    }
}
