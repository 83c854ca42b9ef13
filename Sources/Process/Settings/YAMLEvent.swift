// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CYaml

/// One piece of a YAML text, with its place.
struct YAMLEvent {
    enum Kind: Equatable {
        case documentStart(hasTagDirectives: Bool)
        case documentEnd
        case streamEnd
        case alias
        case scalar(String, isPlain: Bool)
        case sequenceStart, sequenceEnd
        case mappingStart, mappingEnd
        case streamStart
    }

    let kind: Kind
    let place: FilePlace
    var hasAnchor = false
    var hasTag = false

    init(_ event: yaml_event_t) {
        place = FilePlace(event.start_mark)
        let data = event.data
        switch event.type {
        case YAML_DOCUMENT_START_EVENT:
            let directives = data.document_start.tag_directives
            kind = .documentStart(hasTagDirectives: directives.start != directives.end)
        case YAML_DOCUMENT_END_EVENT: kind = .documentEnd
        case YAML_STREAM_END_EVENT: kind = .streamEnd
        case YAML_ALIAS_EVENT: kind = .alias
        case YAML_SCALAR_EVENT:
            let bytes = UnsafeBufferPointer(start: data.scalar.value, count: data.scalar.length)
            kind = .scalar(
                String(decoding: bytes, as: UTF8.self),
                isPlain: data.scalar.style == YAML_PLAIN_SCALAR_STYLE)
            hasAnchor = data.scalar.anchor != nil
            hasTag = data.scalar.tag != nil
        case YAML_SEQUENCE_START_EVENT:
            kind = .sequenceStart
            hasAnchor = data.sequence_start.anchor != nil
            hasTag = data.sequence_start.tag != nil
        case YAML_SEQUENCE_END_EVENT: kind = .sequenceEnd
        case YAML_MAPPING_START_EVENT:
            kind = .mappingStart
            hasAnchor = data.mapping_start.anchor != nil
            hasTag = data.mapping_start.tag != nil
        case YAML_MAPPING_END_EVENT: kind = .mappingEnd
        default: kind = .streamStart
        }
    }
}

extension FilePlace {
    /// libyaml counts from 0.
    init(_ mark: yaml_mark_t) {
        self.init(line: Int(clamping: mark.line) + 1, column: Int(clamping: mark.column) + 1)
    }
}
