// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

/// A mounted hierarchy of control groups, from a line of `/proc/self/mountinfo`.
struct ControlGroupMount: Equatable {
    let version: ControlGroup.Version

    /// The group at the mount point: the components of its path in this process's cgroup namespace. Begins with ".." when it
    /// is above the root of the namespace.
    let root: [String]

    /// The folder of the mount, without a slash at the end.
    let mountPoint: String

    /// The mount in a line of the file (proc(5)); nil when it is not a hierarchy with the memory controller.
    init?(_ line: ArraySlice<UInt8>) {
        // A process may see thousands of mounts, nearly all of other kinds.
        guard line.hasWord("cgroup") else { return nil }
        let fields = line.split(separator: UInt8(ascii: " "))
        // A dash ends the optional fields.
        guard fields.count >= 10, let dash = fields[6...].firstIndex(of: [UInt8(ascii: "-")]),
            fields.count > dash + 3
        else { return nil }
        switch String(decoding: fields[dash + 1], as: UTF8.self) {
        case "cgroup2": self.version = .v2
        case "cgroup":
            let options = fields[dash + 3].split(separator: UInt8(ascii: ","))
            guard options.contains(where: { $0.elementsEqual("memory".utf8) }) else { return nil }
            self.version = .v1
        default: return nil
        }
        self.root = Self.components(of: Self.unescaped(fields[3]))
        let place = Self.unescaped(fields[4])
        self.mountPoint = place == "/" ? "" : place
    }

    /// The components of the group at `path`, from the mount point on. Nil when the group is outside of the mount, or at an
    /// unknown place.
    func components(to path: [String]) -> [String]? {
        guard path.starts(with: root) else { return nil }
        let rest = path.dropFirst(root.count)
        return rest.contains("..") ? nil : Array(rest)
    }

    /// The groups from the one at `components` up to the mount point; `below` is a folder to take for `/`.
    func groups(at components: [String], below root: String) -> [ControlGroup] {
        (0...components.count).reversed().map { count in
            ControlGroup(
                version: version,
                path: ([mountPoint] + components.prefix(count)).joined(separator: "/"), root: root)
        }
    }

    static func components(of path: String) -> [String] {
        path.split(separator: "/").map(String.init)
    }

    /// A path in which the kernel wrote blanks, tabs, newlines and backslashes as `\` and three octal digits.
    private static func unescaped(_ field: ArraySlice<UInt8>) -> String {
        var bytes: [UInt8] = []
        var rest = field
        while let byte = rest.popFirst() {
            let digits = String(decoding: rest.prefix(3), as: UTF8.self)
            if byte == UInt8(ascii: "\\"), rest.count >= 3, let code = UInt8(digits, radix: 8) {
                bytes.append(code)
                rest = rest.dropFirst(3)
            } else {
                bytes.append(byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}

extension ArraySlice<UInt8> {
    /// Some word after a blank begins so.
    fileprivate func hasWord(_ beginning: StaticString) -> Bool {
        withUnsafeBufferPointer { bytes in
            let word = UnsafeBufferPointer(
                start: beginning.utf8Start, count: beginning.utf8CodeUnitCount)
            return bytes.indices.dropFirst().contains { index in
                bytes[index] == word[0] && bytes[index - 1] == UInt8(ascii: " ")
                    && bytes[index...].starts(with: word)
            }
        }
    }
}
