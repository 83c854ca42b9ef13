// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

/// Finds the file that defines a name. Pure; built once, from the methods that a server has and the descriptors that there
/// are.
package struct ReflectionIndex: Sendable {
    /// A file, by its place.
    typealias Place = Int

    /// A file as it is sent, and where the files are that it imports.
    private struct File {
        let bytes: [UInt8]
        let imports: [Place]
    }

    private struct Definition {
        let place: Place
        let isMessage: Bool
    }

    /// The names of the services, sorted.
    let services: [String]
    private var files: [File] = []
    private var places: [String: Place] = [:]
    private var definitions: [String: Definition] = [:]
    private var extensions: [String: [Int32: Place]] = [:]

    /// What is known of the methods at `paths`, each `/package.Service/Method`: all files of `sets`, and of our own those
    /// that define one of these methods, with what they import. A file of an earlier set replaces one of the same name.
    package init(
        of paths: [String], sets: [DescriptorSet] = []
    ) throws(DescriptorSetError) {
        let methods = Set(paths)
        services = Set(paths.compactMap(Self.service)).sorted()
        let isServed: (String, String) -> Bool = { methods.contains("/\($0)/\($1)") }
        var found: [DescribedFile] = []
        for set in sets { found += try set.files(isServed: isServed) }
        let described = Set(found.flatMap(\.services))
        let own = try DescriptorSet.own.files(isServed: isServed)
        let roots = own.filter { !$0.services.isEmpty && described.isDisjoint(with: $0.services) }
        found += Self.closure(of: roots, in: own)
        add(found)
    }

    /// The service of a path.
    private static func service(of path: String) -> String? {
        let parts = path.split(separator: "/", omittingEmptySubsequences: false)
        return parts.count == 3 && parts[0].isEmpty && !parts[1].isEmpty ? String(parts[1]) : nil
    }

    /// These files, and those that they import.
    private static func closure(
        of roots: [DescribedFile], in files: [DescribedFile]
    ) -> [DescribedFile] {
        var wanted = Set(roots.map(\.name))
        // In a set every file stands behind those that it imports.
        for file in files.reversed() where wanted.contains(file.name) {
            wanted.formUnion(file.imports)
        }
        return files.filter { wanted.contains($0.name) }
    }

    private mutating func add(_ found: [DescribedFile]) {
        var kept: [DescribedFile] = []
        for file in found where places[file.name] == nil {
            places[file.name] = kept.count
            kept.append(file)
        }
        for (place, file) in kept.enumerated() {
            files.append(File(bytes: file.bytes, imports: file.imports.compactMap { places[$0] }))
            for symbol in file.symbols where definitions[symbol.name] == nil {
                definitions[symbol.name] = Definition(place: place, isMessage: symbol.isMessage)
            }
            for (message, number) in file.extensions {
                extensions[message, default: [:]][number] = place
            }
        }
    }

    // MARK: Queries

    /// How many files there are.
    var fileCount: Int { files.count }

    /// The descriptor of a file.
    func bytes(at place: Place) -> [UInt8] { files[place].bytes }

    /// The files that a file imports.
    func imports(at place: Place) -> [Place] { files[place].imports }

    /// The file with this name.
    func file(named name: String) -> Place? { places[name] }

    /// The file that defines a service, a method, a message, a field, an enumeration or one of its values, or an extension.
    func file(defining symbol: String) -> Place? { definitions[symbol]?.place }

    /// The file that extends a message by a field of this number.
    func file(extending message: String, number: Int32) -> Place? { extensions[message]?[number] }

    /// The numbers by which a message is extended, in rising order; nil when no message has the name.
    func extensionNumbers(of message: String) -> [Int32]? {
        guard definitions[message]?.isMessage == true else { return nil }
        return extensions[message]?.keys.sorted() ?? []
    }
}
