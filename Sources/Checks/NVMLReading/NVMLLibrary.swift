// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CLinux
import CNVML

/// The library of NVIDIA's driver, loaded and initialised; shut down when its owner ends.
///
/// Every function is looked up when it is called: older libraries lack some, and then only these are absent.
final class NVMLLibrary {
    private let handle: UnsafeMutableRawPointer
    private var isInitialised = false

    private typealias Plain = @convention(c) () -> CInt

    /// The name under which every driver installs it.
    private static let file: StaticString = "libnvidia-ml.so.1"

    /// Loads the library and initialises it. Blocks: the first client of a driver may wait for seconds.
    init() throws(NVMLFailure) {
        guard let handle = dlopen(Self.file.characters, RTLD_NOW) else {
            var text: [UInt8] = []
            if let reason = dlerror() {
                for byte in UnsafeRawBufferPointer(start: reason, count: strlen(reason)) {
                    text.append(byte)
                }
            }
            throw NVMLFailure(call: "dlopen", status: .libraryNotFound, text: text)
        }
        self.handle = handle
        try check("nvmlInit_v2", Plain.self) { $0() }
        isInitialised = true
    }

    deinit {
        // The library stays loaded: it has threads of its own, which may still run.
        if isInitialised { _ = try? ask("nvmlShutdown", Plain.self) { $0() } }
    }

    /// Calls a function. False when there is nothing of this kind, here; throws for other errors.
    func ask<Function>(
        _ name: StaticString, _ type: Function.Type, _ call: (Function) -> CInt
    ) throws(NVMLFailure) -> Bool {
        let status = status(name, type, call)
        if status == .success { return true }
        if status.isAbsence { return false }
        throw NVMLFailure(call: name, status: status)
    }

    /// Calls a function without which nothing goes on.
    func check<Function>(
        _ name: StaticString, _ type: Function.Type, _ call: (Function) -> CInt
    ) throws(NVMLFailure) {
        let status = status(name, type, call)
        guard status == .success else { throw NVMLFailure(call: name, status: status) }
    }

    /// Calls a function.
    func status<Function>(
        _ name: StaticString, _ type: Function.Type, _ call: (Function) -> CInt
    ) -> NVMLStatus {
        guard let symbol = dlsym(handle, name.characters) else { return .functionNotFound }
        return NVMLStatus(rawValue: call(unsafeBitCast(symbol, to: type)))
    }

    /// A text that a function writes into a buffer; nil when it is absent.
    func text<Function>(
        _ name: StaticString, _ type: Function.Type,
        _ call: (Function, UnsafeMutablePointer<CChar>, UInt32) -> CInt
    ) throws(NVMLFailure) -> [UInt8]? {
        var text = [CChar](repeating: 0, count: 96)
        let size = UInt32(text.count)
        let isThere = try ask(name, type) { function in
            text.withUnsafeMutableBufferPointer { place in
                place.baseAddress.map { call(function, $0, size) } ?? 0
            }
        }
        guard isThere else { return nil }
        var bytes: [UInt8] = []
        for character in text.prefix(while: { $0 != 0 }) {
            bytes.append(UInt8(bitPattern: character))
        }
        return bytes
    }
}

extension StaticString {
    /// As a C string.
    fileprivate var characters: UnsafePointer<CChar> {
        UnsafeRawPointer(utf8Start).assumingMemoryBound(to: CChar.self)
    }
}
