// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import EventLoops
import InstanceRegistry
import Synchronization
import TestSupport

/// What every store does, each case as a test. A target of tests gives them to a parametrised test of its own:
/// `@Test(arguments: StoreConformance.cases(for: features))`.
package enum StoreConformance: String, CaseIterable, Sendable {
    case whatIsPutIsListedWhole
    case aSecondPutKeeps
    case whatAnotherWroteIsRepaired
    case whatWasLostIsRegisteredAgain
    case aStoreThatLostAllIsFilledAgain
    case whatIsRemovedIsGone
    case aStatusIsTold
    case aWatchBeginsWithWhatIsThere
    case otherServicesAreNotTold
    case aWatchThatIsCancelledIsSilent
    case twoStoresSeeEachOther
    case whoIsNotPutAgainIsForgotten
    case garbageOfOthersIsLeftOut
    case anInvalidInstanceIsRefused
    case aNameThatNoneHasIsRefused
    case aListIsOrdered
    case aCrowdIsListed
    case closingEndsWhatIsDue
    case aStoreThatIsLetGoOfIsClosed
    case aStoreThatIsAwayComesBack

    /// Those that a rig with these features can run.
    package static func cases(for features: Set<RigFeature>) -> [StoreConformance] {
        allCases.filter { $0.needs.isSubset(of: features) }
    }

    private var needs: Set<RigFeature> {
        switch self {
        case .aStoreThatLostAllIsFilledAgain: [.loseAll]
        case .whoIsNotPutAgainIsForgotten: [.timeToLive]
        case .garbageOfOthersIsLeftOut: [.garbage]
        case .aStoreThatIsAwayComesBack: [.away]
        default: []
        }
    }

    /// Runs the case; throws what is wrong.
    package func run(_ rig: any StoreRig) throws {
        let bench = try Bench(rig, self)
        defer { bench.end() }
        switch self {
        case .whatIsPutIsListedWhole: try bench.list()
        case .aSecondPutKeeps: try bench.keep()
        case .whatAnotherWroteIsRepaired: try bench.repair()
        case .whatWasLostIsRegisteredAgain: try bench.registerAgain()
        case .aStoreThatLostAllIsFilledAgain: try bench.fillAgain()
        case .whatIsRemovedIsGone: try bench.remove()
        case .aStatusIsTold: try bench.tellStatus()
        case .aWatchBeginsWithWhatIsThere: try bench.beginWatch()
        case .otherServicesAreNotTold: try bench.separateServices()
        case .aWatchThatIsCancelledIsSilent: try bench.cancelWatch()
        case .twoStoresSeeEachOther: try bench.twoStores()
        case .whoIsNotPutAgainIsForgotten: try bench.forget()
        case .garbageOfOthersIsLeftOut: try bench.garbage()
        case .anInvalidInstanceIsRefused: try bench.invalid()
        case .aNameThatNoneHasIsRefused: try bench.wrongNames()
        case .aListIsOrdered: try bench.order()
        case .aCrowdIsListed: try bench.crowd()
        case .closingEndsWhatIsDue: try bench.close()
        case .aStoreThatIsLetGoOfIsClosed: try bench.letGo()
        case .aStoreThatIsAwayComesBack: try bench.away()
        }
        try bench.checkFaults()
    }
}

/// What a case works with.
struct Bench {
    let rig: any StoreRig
    let store: DrivenStore
    /// Another store of the same storage.
    let other: DrivenStore
    /// A name that no other case has.
    let service: String
    let group: EventLoopGroup

    private static let runs = Mutex(0)

    init(_ rig: any StoreRig, _ conformance: StoreConformance) throws {
        self.rig = rig
        group = try EventLoopGroup(count: 1)
        let run = Self.runs.withLock { runs in
            runs += 1
            return runs
        }
        service = "\(conformance.rawValue)-\(run)"
        store = try DrivenStore(rig, on: group.loops[0])
        other = try DrivenStore(rig, on: group.loops[0])
    }

    func end() {
        store.close()
        other.close()
        group.stop()
    }

    func checkFaults() throws {
        try store.checkFaults()
        try other.checkFaults()
    }

    /// An instance of the case with something in every field.
    func instance(_ id: String, _ status: InstanceStatus = .available) -> Instance {
        var instance = Instance(
            InstanceKey(service: service, id: id), host: "127.0.0.1", port: 50051, status: status)
        instance.healthCheckURL = "grpc://127.0.0.1:50051/\(id)"
        instance.version = "1.2.3"
        instance.tags = ["gpu", "zone=a b"]
        instance.metadata = ["model": "tiny \"quoted\" ä\u{1F600}", "empty": "", "a.b-c/d": "=,;"]
        instance.registrationTime = 1_764_306_000_123
        return instance
    }

    func check(_ isTrue: Bool, _ what: @autoclosure () -> String) throws {
        if !isTrue { throw Unexpected(description: what()) }
    }

    func check<Value: Equatable>(_ found: Value, is wanted: Value, _ what: String) throws {
        if found != wanted {
            throw Unexpected(description: "\(what): \(found), and not \(wanted)")
        }
    }
}
