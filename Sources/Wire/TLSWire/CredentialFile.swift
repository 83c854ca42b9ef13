// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import SystemIO

/// A file of certificates or keys.
enum CredentialFile {
    private static let limit = 16 << 20

    /// All of the file, in one read.
    static func read(_ path: String) throws(TLSCredentialsError) -> [UInt8] {
        let descriptor: FileDescriptor
        do throws(SystemCallError) {
            descriptor = try FileDescriptor.open(path)
        } catch {
            throw .unreadable(path: path, call: "open", error.errno)
        }
        do throws(SystemCallError) {
            let size = try descriptor.status().size
            guard size > 0, size < UInt64(limit) else {
                return try descriptor.readAll(limit: limit)
            }
            return try read(descriptor, count: Int(size))
        } catch {
            throw .unreadable(path: path, call: "read", error.errno)
        }
    }

    private static func read(
        _ descriptor: borrowing FileDescriptor, count: Int
    ) throws(SystemCallError) -> [UInt8] {
        // Straight into the array: each page of a copy would be a page fault more.
        var failure: SystemCallError?
        let contents = [UInt8](unsafeUninitializedCapacity: count) { place, filled in
            do throws(SystemCallError) {
                while filled < count {
                    let rest = UnsafeMutableRawBufferPointer(
                        UnsafeMutableBufferPointer(rebasing: place[filled...]))
                    guard case .bytes(let more) = try descriptor.read(into: rest) else { break }
                    filled += more
                }
            } catch {
                failure = error
            }
        }
        if let failure { throw failure }
        return contents
    }
}
