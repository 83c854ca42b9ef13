// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import Text

/// What a configuration file says: names and values as they stand there, and what is wrong with it as YAML.
///
/// Keys are the names of settings. A mapping under a key puts that key and a dash before its own keys, so that
/// `tls: {cert: a}` is `tls-cert: a`. Tags, anchors, aliases and a second document are refused: a file cannot grow
/// beyond its size.
struct SettingFile {
    /// A single value.
    struct Scalar: Equatable {
        let text: String
        /// Without quotes.
        let isPlain: Bool
        let place: FilePlace
    }

    enum Value: Equatable {
        case scalar(Scalar)
        case list([Element])
    }

    /// An element of a list: a single value, or a mapping of names to values.
    enum Element: Equatable {
        case scalar(Scalar)
        case record([Field], FilePlace)

        var place: FilePlace {
            switch self {
            case .scalar(let scalar): scalar.place
            case .record(_, let place): place
            }
        }
    }

    /// One key of a mapping in a list, with its values.
    struct Field: Equatable {
        let name: String
        let place: FilePlace
        let values: [Scalar]
    }

    /// One key with its value.
    struct Entry: Equatable {
        let name: String
        let place: FilePlace
        let value: Value
    }

    struct Problem: Equatable {
        let place: FilePlace
        let text: String
    }

    private(set) var entries: [Entry] = []
    private(set) var problems: [Problem] = []
    /// False when the text is not YAML somewhere: what came after that place is unknown.
    private(set) var isComplete = true
    private var places: [String: FilePlace] = [:]

    /// Bytes of a file.
    static let maxSize = 64 << 10
    /// Mappings within each other, the outermost included.
    static let maxDepth = 4
    /// Bytes of a name: many keys below a long one would be much more than the file.
    static let maxNameSize = 100

    init(_ bytes: [UInt8]) {
        guard var reader = YAMLEventReader(bytes) else {
            note("no memory to read it", at: FilePlace(line: 1, column: 1))
            isComplete = false
            return
        }
        do throws(YAMLSyntaxError) {
            try readDocument(&reader)
        } catch {
            note("not YAML: \(error.text)", at: error.place)
            isComplete = false
        }
    }

    private mutating func note(_ text: String, at place: FilePlace) {
        problems.append(Problem(place: place, text: text))
    }

    private mutating func readDocument(
        _ reader: inout YAMLEventReader
    ) throws(YAMLSyntaxError) {
        var isFirst = true
        while true {
            let event = try reader.next()
            switch event.kind {
            case .streamEnd: return
            case .documentStart(let hasTagDirectives):
                if hasTagDirectives { note("tags are not read: remove %TAG", at: event.place) }
                if !isFirst {
                    return note("a second document: use one document a file", at: event.place)
                }
                isFirst = false
            case .mappingStart:
                noteExtras(event)
                try readMapping(under: "", depth: 1, &reader)
            case .scalar("", isPlain: true), .documentEnd, .streamStart: break
            default:
                noteExtras(event)
                note("expected settings, one \"name: value\" a line", at: event.place)
                try skip(event, &reader)
            }
        }
    }

    private mutating func readMapping(
        under prefix: String, depth: Int, _ reader: inout YAMLEventReader
    ) throws(YAMLSyntaxError) {
        while true {
            let key = try reader.next()
            if key.kind == .mappingEnd { return }
            noteExtras(key)
            guard case .scalar(let text, _) = key.kind else {
                if key.kind != .alias {
                    note("a key must be the name of a setting", at: key.place)
                }
                try skip(key, &reader)
                try skip(try reader.next(), &reader)
                continue
            }
            let name = prefix.isEmpty ? text : prefix + "-" + text
            guard name.utf8.count <= Self.maxNameSize else {
                note("no setting has so long a name: see --help-all for the names", at: key.place)
                try skip(try reader.next(), &reader)
                continue
            }
            try readValue(of: name, at: key.place, depth: depth, &reader)
        }
    }

    private mutating func readValue(
        of name: String, at place: FilePlace, depth: Int, _ reader: inout YAMLEventReader
    ) throws(YAMLSyntaxError) {
        let event = try reader.next()
        noteExtras(event)
        switch event.kind {
        case .scalar(let text, let isPlain):
            let scalar = Scalar(text: text, isPlain: isPlain, place: event.place)
            add(Entry(name: name, place: place, value: .scalar(scalar)))
        case .sequenceStart:
            let list = try readList(&reader)
            add(Entry(name: name, place: place, value: .list(list)))
        case .mappingStart where depth < Self.maxDepth:
            try readMapping(under: name, depth: depth + 1, &reader)
        case .mappingStart:
            note("too deep: at most \(Self.maxDepth) levels", at: event.place)
            try skip(event, &reader)
        default: try skip(event, &reader)
        }
    }

    private mutating func readList(
        _ reader: inout YAMLEventReader
    ) throws(YAMLSyntaxError) -> [Element] {
        var list: [Element] = []
        while true {
            let event = try reader.next()
            noteExtras(event)
            switch event.kind {
            case .sequenceEnd: return list
            case .scalar(let text, let isPlain):
                list.append(
                    .scalar(Scalar(text: text, isPlain: isPlain, place: event.place)))
            case .mappingStart: list.append(.record(try readFields(&reader), event.place))
            case .alias: break
            default:
                note("a list holds single values only", at: event.place)
                try skip(event, &reader)
            }
        }
    }

    /// The fields of a mapping in a list. Each has a value, or a list of them.
    private mutating func readFields(
        _ reader: inout YAMLEventReader
    ) throws(YAMLSyntaxError) -> [Field] {
        var fields: [Field] = []
        while true {
            let key = try reader.next()
            if key.kind == .mappingEnd { return fields }
            noteExtras(key)
            guard case .scalar(let name, _) = key.kind else {
                if key.kind != .alias { note("a key must be a name", at: key.place) }
                try skip(key, &reader)
                try skip(try reader.next(), &reader)
                continue
            }
            if let first = fields.first(where: { $0.name == name }) {
                note(
                    "\(PrintableText.quoted(name)) is there already, at \(first.place.text): remove one",
                    at: key.place)
            }
            fields.append(Field(name: name, place: key.place, values: try readValues(&reader)))
        }
    }

    private mutating func readValues(
        _ reader: inout YAMLEventReader
    ) throws(YAMLSyntaxError) -> [Scalar] {
        let event = try reader.next()
        noteExtras(event)
        switch event.kind {
        case .scalar(let text, let isPlain):
            return [Scalar(text: text, isPlain: isPlain, place: event.place)]
        case .sequenceStart:
            return try readList(&reader).compactMap { element in
                if case .scalar(let scalar) = element { return scalar }
                note("a mapping here is too deep: use single values", at: element.place)
                return nil
            }
        default:
            if event.kind != .alias { note("expected a value, or a list of them", at: event.place) }
            try skip(event, &reader)
            return []
        }
    }

    private mutating func add(_ entry: Entry) {
        if let first = places[entry.name] {
            let name = PrintableText.quoted(entry.name)
            note("\(name) is there already, at \(first.text): remove one", at: entry.place)
        } else {
            places[entry.name] = entry.place
            entries.append(entry)
        }
    }

    private mutating func noteExtras(_ event: YAMLEvent) {
        if event.kind == .alias {
            note("aliases are not read: write the value here", at: event.place)
        }
        if event.hasAnchor {
            note("anchors are not read: remove the &name", at: event.place)
        }
        if event.hasTag { note("tags are not read: remove the !tag", at: event.place) }
    }

    /// Goes to the end of what `event` begins.
    private mutating func skip(
        _ event: YAMLEvent, _ reader: inout YAMLEventReader
    ) throws(YAMLSyntaxError) {
        var kind = event.kind
        var depth = 0
        while true {
            switch kind {
            case .sequenceStart, .mappingStart: depth += 1
            case .sequenceEnd, .mappingEnd: depth -= 1
            default: break
            }
            if depth <= 0 { return }
            kind = try reader.next().kind
        }
    }
}
