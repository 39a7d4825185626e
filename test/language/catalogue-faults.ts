import { FluentResource } from '@fluent/bundle'
import type { Language } from '../../src/language/languages.ts'
import type { MessageTable } from '../../src/language/words.ts'

type Expected = { table: MessageTable; language: Language | 'pl' }

/** A node of a parsed message; see the syntax tree of `@fluent/bundle`. */
type Node = string | Node[] | { type: string; name?: string; [key: string]: unknown }
type Select = { selector: { type: string; name: string }; variants: { key: { value: string | number } }[] }

/** How a catalogue differs from the table of its domain and from the plurals of its language; empty: it is right. */
export function faultsOf(source: string, { table, language }: Expected): string[] {
  const { body } = new FluentResource(source)
  const found = new Map(body.map(({ id, value }) => [id, value as Node]))
  // The parser skips what it cannot read.
  const begun = [...source.matchAll(/^(-?[a-z][\w-]*) *=/gim)].map(([, id]) => id as string)
  return [
    ...begun.filter((id) => !found.has(id)).map((id) => `${id}: not parsed`),
    ...begun.filter((id, at) => begun.indexOf(id) !== at).map((id) => `${id}: twice`),
    ...Object.keys(table)
      .filter((key) => !begun.includes(key))
      .map((key) => `${key}: missing`),
    ...[...found].flatMap(([key, value]) => messageFaults(key, value, { table, language })),
  ]
}

function messageFaults(key: string, value: Node, { table, language }: Expected): string[] {
  // A term is a part of other messages.
  if (key.startsWith('-')) return []
  const parameters = table[key]
  if (parameters === undefined) return [`${key}: not in the table`]
  const used = new Set<string>()
  const selects: Select[] = []
  walk(value, (node) => {
    if (node.type === 'var') used.add(String(node.name))
    if (node.type === 'select') selects.push(node as unknown as Select)
  })
  const names = Object.keys(parameters)
  return [
    ...names.filter((name) => !used.has(name)).map((name) => `${key}: without { $${name} }`),
    ...[...used].filter((name) => !names.includes(name)).map((name) => `${key}: unknown { $${name} }`),
    ...names
      .filter((name) => parameters[name] === 'number' && used.has(name))
      .flatMap((name) => pluralFaults(key, name, { selects, language })),
  ]
}

function pluralFaults(
  key: string,
  name: string,
  { selects, language }: { selects: Select[]; language: string },
) {
  const wanted = new Intl.PluralRules(language).resolvedOptions().pluralCategories
  const over = selects.filter(({ selector }) => selector.name === name)
  // A language with one form needs no variants.
  if (over.length === 0) return wanted.length === 1 ? [] : [`${key}: $${name} without a plural`]
  return over.flatMap(({ variants }) => {
    const has = variants.map((variant) => variant.key.value).filter((value) => typeof value === 'string')
    return [
      ...wanted
        .filter((category) => !has.includes(category))
        .map((category) => `${key}: $${name} without [${category}]`),
      ...has
        .filter((category) => !wanted.includes(category as Intl.LDMLPluralRule))
        .map((category) => `${key}: $${name} with [${category}]`),
    ]
  })
}

function walk(node: unknown, visit: (node: { type: string; name?: unknown }) => void): void {
  if (typeof node !== 'object' || node === null) return
  if ('type' in node) visit(node as { type: string })
  for (const child of Object.values(node)) walk(child, visit)
}
