// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

package import Models
import Settings
import Text

/// Which models are served, and how their files are treated.
package struct ModelOptions: Sendable {
    /// The skill's name; empty to take it from the model's file name.
    package var skill = ""
    /// Paths that were given without a name; more than one is a mistake.
    private(set) var paths: [String] = []
    /// Models with a name of their own, in the order in which they were given.
    package var named: [ModelSource] = []
    /// Serve a small model made at the start.
    package var isDemo = false
    /// Not ready without the models that are not optional.
    package var areRequired = true
    package var rules = ModelLibrary.Rules()

    /// The model's file; empty to look for it by the skill's name.
    package var path: String {
        get { paths.first ?? "" }
        set { paths = newValue.isEmpty ? [] : [newValue] }
    }

    /// The models as `--model` names them: a path alone, and those with names.
    var texts: [String] {
        get { paths + named.map { $0.text } }
        set {
            named = newValue.compactMap { ModelSource($0) }
            paths = newValue.filter { ModelSource($0) == nil }
        }
    }

    /// The models to load, the one that Infer uses first.
    var sources: [ModelSource] {
        var sources = named
        if sources.isEmpty || !path.isEmpty {
            sources.insert(ModelSource(name: skill, path: path.isEmpty ? nil : path), at: 0)
        }
        if !areRequired {
            for index in sources.indices { sources[index].isRequired = false }
        }
        return sources
    }

    /// The skill's name, given or not.
    var skillName: String {
        if !skill.isEmpty { return skill }
        if isDemo { return "demo" }
        if let first = named.first, path.isEmpty { return first.name }
        let file = path.split(separator: "/").last.map { String($0) } ?? ""
        return file.hasSuffix(".gguf") ? String(file.dropLast(5)) : file
    }
}

extension ModelOptions {
    var problems: [SettingProblem] {
        var problems: [SettingProblem] = []
        if isDemo, !path.isEmpty || !named.isEmpty {
            problems.append(
                SettingProblem("--demo and --model are mutually exclusive", about: "demo", "model"))
        }
        if !isDemo, path.isEmpty, named.isEmpty, skill.isEmpty {
            problems.append(
                SettingProblem(
                    "no skill to serve: use --skill NAME (or SKILL_NAME), --model PATH or --demo",
                    about: "skill", "model", "demo"))
        }
        return problems + nameProblems
    }

    private var nameProblems: [SettingProblem] {
        var texts: [String] = []
        if paths.count > 1 {
            let paths = paths.map { PrintableText.quoted($0) }.joined(separator: " and ")
            texts.append(
                "--model is given without a name for \(paths): use --model NAME=PATH for each")
        }
        var completed = self
        completed.skill = skillName
        let names = completed.sources.map(\.name)
        for (index, name) in names.enumerated() where names[..<index].contains(name) {
            texts.append("--model \(name)=... is given twice")
        }
        for model in named where model.path?.isEmpty ?? true {
            texts.append("--model \(model.name)=... needs a path")
        }
        return texts.map { SettingProblem($0, about: "model") }
    }

    var warnings: [SettingProblem] {
        guard areRequired, path.isEmpty, let first = named.first, !first.isRequired else {
            return []
        }
        return [
            SettingProblem(
                "--model \(first.text) is the one that Infer uses, and readiness does without: "
                    + "name a required one first", about: "model")
        ]
    }
}

extension RuntimeOptions {
    static var modelSettings: [Setting<RuntimeOptions>] {
        [
            .value(
                "skill", \.models.skill, .text,
                "name of the skill (or SKILL_NAME); its model is NAME.gguf",
                variable: "SKILL_NAME"),
            .list(
                "model", \.models.texts, .path,
                "GGUF file of the model; or name=path, once for each of several models, with its own "
                    + "health name model/name (name=path,optional: readiness does without)"),
            .value("demo", \.models.isDemo, .boolean, "serve a small model made on the spot"),
            .value(
                "reload-on-change", \.models.rules.reloadsOnChange, .boolean,
                "reload a model when its file is replaced"),
            .value(
                "warm-up", \.models.rules.warmUp, .choice("mode"),
                "read the model's file once: off, background, or startup to have startup wait for it"
            ),
            .value(
                "skip-memory-check", \.models.rules.skipsMemoryCheck, .boolean,
                "load a model also when it does not fit into memory"),
        ]
    }

    /// What readiness follows from.
    static var modelReadinessSettings: [Setting<RuntimeOptions>] {
        [
            .value(
                "require-model", \.models.areRequired, .boolean,
                "be ready only while the models are loaded")
        ]
    }
}
