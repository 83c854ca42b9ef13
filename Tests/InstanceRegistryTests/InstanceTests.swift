// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import InstanceRegistry
import Testing

@Suite struct InstanceTests {
    private func instance(service: String = "llm", id: String = "a-1", host: String = "h")
        -> Instance
    {
        Instance(InstanceKey(service: service, id: id), host: host, port: 50051, status: .available)
    }

    @Test func anAddressHasBracketsAroundIPv6() {
        #expect(instance(host: "::1").address == "[::1]:50051")
        #expect(instance(host: "127.0.0.1").address == "127.0.0.1:50051")
    }

    @Test(arguments: ["", ".", "..", "a:b", "a/b", "a b", "ä", String(repeating: "a", count: 256)])
    func aNameThatWouldBreakAKeyIsRefused(_ name: String) {
        #expect(instance().fault == nil)
        #expect(instance(service: name).fault != nil)
        #expect(instance(id: name).fault != nil)
        #expect(instance(id: name).key.fault == instance(id: name).fault)
        #expect(instance(service: name).key.fault == Instance.serviceFault(name))
    }

    @Test func whatAnInstanceSaysIsBounded() {
        var long = instance()
        long.tags = Array(repeating: "t", count: 33)
        #expect(long.fault == "an instance has at most 32 tags")
        long.tags = ["a\nb"]
        #expect(long.fault == "a tag has no control characters")
        long.tags = []
        long.metadata = ["k": String(repeating: "v", count: 1025)]
        #expect(long.fault == "metadata has at most 1024 bytes")
    }

    @Test func theSameWishIsTheSameSelection() {
        let wanted = InstanceSelection(tags: ["gpu", "eu"])
        #expect(InstanceSelection(tags: ["eu", "gpu", "gpu", "eu"]) == wanted)
        #expect(InstanceSelection(tags: ["gpu"]) != wanted)
        #expect(InstanceSelection(statuses: Set(InstanceStatus.allCases)).isAll)
        #expect(!InstanceSelection(statuses: [.available]).isAll)
    }
}
