// The search is called for each run of each pattern: an object for its arguments would be allocated on each call.
/* oxlint-disable max-params */

import { meter } from './meter.ts'
import { isInsideCodePoint, isWordEdge } from './text.ts'

/**
 * The runs of a glob: the parts between its stars. A run is searched in folded text, in a number of steps that is
 * bounded for any pattern and any text:
 * - literal, up to 32 units: `indexOf`, at most 32 comparisons a unit;
 * - literal, longer: Knuth-Morris-Pratt, at most two comparisons a unit (`indexOf` is quadratic for `baaa…` in
 *   `aaaa…`);
 * - with `?`: bit-parallel (Shift-And), one step for every 32 code points of the run at each code point of the text.
 *
 * The memory of a compiled run depends on its length alone.
 */
export type Run = LiteralRun | GappedRun

type LiteralRun = { kind: 'literal'; text: string; failure: Int32Array | null }

type GappedRun = {
  kind: 'gapped'
  /** The code points; ANY stands for `?`. */
  symbols: Int32Array
  /** One bit for each symbol, set where the symbol is `?`. */
  wild: Int32Array
  /** The positions of a code point: pairs of (index of the word, bits in that word), ascending. */
  places: ReadonlyMap<number, readonly number[]>
}

/** The ends of a match at which a word boundary is required. */
export type Edges = { readonly left: boolean; readonly right: boolean }

export const ANY_EDGES: Edges = { left: false, right: false }
export const LEFT_EDGE: Edges = { left: true, right: false }
export const RIGHT_EDGE: Edges = { left: false, right: true }
export const BOTH_EDGES: Edges = { left: true, right: true }

const SHORT = 32
const WORD_BITS = 32
const ANY = -1
const QUESTION_MARK = 0x3f

/** `text`: folded, without `*`, not empty; `?` matches any one code point. */
export function compileRun(text: string): Run {
  return text.includes('?') ? gappedRun(text) : literalRun(text)
}

/** `text`: folded, not empty; `?` and `*` are ordinary characters. */
function literalRun(text: string): Run {
  return { kind: 'literal', text, failure: text.length > SHORT ? failureTable(text) : null }
}

function gappedRun(text: string): Run {
  const symbols = Int32Array.from(text, (char) => {
    const codePoint = char.codePointAt(0) ?? ANY
    return codePoint === QUESTION_MARK ? ANY : codePoint
  })
  const wild = new Int32Array(Math.ceil(symbols.length / WORD_BITS))
  const places = new Map<number, number[]>()
  symbols.forEach((symbol, index) => {
    const word = Math.floor(index / WORD_BITS)
    const bit = 1 << (index % WORD_BITS)
    if (symbol === ANY) {
      wild[word] = (wild[word] ?? 0) | bit
      return
    }
    const pairs = places.get(symbol)
    if (pairs === undefined) places.set(symbol, [word, bit])
    else if (pairs.at(-2) === word) pairs[pairs.length - 1] = (pairs.at(-1) ?? 0) | bit
    else pairs.push(word, bit)
  })
  return { kind: 'gapped', symbols, wild, places }
}

/** For each prefix of `text`: the length of its longest proper prefix that is also its suffix. */
function failureTable(text: string): Int32Array {
  const table = new Int32Array(text.length)
  let matched = 0
  for (let at = 1; at < text.length; at++) {
    while (matched > 0 && text.charCodeAt(at) !== text.charCodeAt(matched)) matched = table[matched - 1] ?? 0
    if (text.charCodeAt(at) === text.charCodeAt(matched)) matched++
    table[at] = matched
  }
  return table
}

/**
 * The end of the first match that begins at `from` or later and has the required word boundaries, or -1. All matches
 * of a run have the same number of code points, so the match that begins first also ends first.
 */
export function findRun(run: Run, text: string, from: number, edges: Edges): number {
  if (run.kind === 'gapped') return findGapped(run, text, from, edges)
  if (run.failure === null) return findShort(run.text, text, from, edges)
  return findLong(run.text, run.failure, { text, from, edges })
}

/** Whether a literal run is found that is searched only once: `compileRun` and `findRun` in one call. */
export function findLiteral(text: string, within: string, edges: Edges): boolean {
  if (text.length <= SHORT) return findShort(text, within, 0, edges) !== -1
  return findRun(literalRun(text), within, 0, edges) !== -1
}

/** The end of the match that begins exactly at `at`, or -1. */
export function matchRunAt(run: Run, text: string, at: number): number {
  meter.left -= 4
  if (run.kind === 'literal') {
    const end = at + run.text.length
    return text.startsWith(run.text, at) && fits(text, at, end, ANY_EDGES) ? end : -1
  }
  meter.left -= run.symbols.length
  let end = at
  for (const symbol of run.symbols) {
    const codePoint = text.codePointAt(end)
    if (codePoint === undefined || (symbol !== ANY && symbol !== codePoint)) return -1
    end += codePoint > 0xffff ? 2 : 1
  }
  return end
}

/** The start of a match that ends exactly at the end of the text; negative if the text is too short. */
export function startOfLast(run: Run, text: string): number {
  if (run.kind === 'literal') return text.length - run.text.length
  meter.left -= run.symbols.length
  let start = text.length
  for (let left = run.symbols.length; left > 0; left--) {
    start -= isInsideCodePoint(text, start - 1) ? 2 : 1
    if (start < 0) return -1
  }
  return start
}

function fits(text: string, start: number, end: number, edges: Edges): boolean {
  return (
    !isInsideCodePoint(text, start) &&
    !isInsideCodePoint(text, end) &&
    (!edges.left || isWordEdge(text, start)) &&
    (!edges.right || isWordEdge(text, end))
  )
}

function findShort(needle: string, text: string, from: number, edges: Edges): number {
  let places = 1
  let at = text.indexOf(needle, from)
  while (at !== -1 && !fits(text, at, at + needle.length, edges)) {
    places++
    at = text.indexOf(needle, at + 1)
  }
  // `indexOf` may compare the whole needle at each position, several units at a time.
  const read = (at === -1 ? text.length : at) - from
  meter.left -= 4 * places + read + (read >> 2) * (needle.length >> 1)
  return at === -1 ? -1 : at + needle.length
}

function findLong(
  needle: string,
  failure: Int32Array,
  { text, from, edges }: { text: string; from: number; edges: Edges },
): number {
  let matched = 0
  meter.left -= needle.length
  for (let at = from; at < text.length; at++) {
    const unit = text.charCodeAt(at)
    while (matched > 0 && unit !== needle.charCodeAt(matched)) matched = failure[matched - 1] ?? 0
    if (unit === needle.charCodeAt(matched)) matched++
    if (matched === needle.length) {
      if (fits(text, at + 1 - needle.length, at + 1, edges)) {
        meter.left -= at - from
        return at + 1
      }
      matched = failure[matched - 1] ?? 0
    }
  }
  meter.left -= Math.max(0, text.length - from)
  return -1
}

/** Bit i of the state: the symbols up to and including i match the text that ends here. */
function findGapped(run: GappedRun, text: string, from: number, edges: Edges): number {
  const words = run.wild.length
  const state = new Int32Array(words)
  const lastBit = 1 << ((run.symbols.length - 1) % WORD_BITS)
  let at = from
  while (at < text.length) {
    const codePoint = text.codePointAt(at) ?? 0
    const places = run.places.get(codePoint)
    let place = 0
    let carry = !edges.left || isWordEdge(text, at) ? 1 : 0
    for (let word = 0; word < words; word++) {
      const before = state[word] ?? 0
      let allowed = run.wild[word] ?? 0
      if (places !== undefined && places[place] === word) {
        allowed |= places[place + 1] ?? 0
        place += 2
      }
      state[word] = ((before << 1) | carry) & allowed
      carry = before >>> 31
    }
    at += codePoint > 0xffff ? 2 : 1
    if (((state[words - 1] ?? 0) & lastBit) !== 0 && (!edges.right || isWordEdge(text, at))) {
      meter.left -= (at - from) * (2 + words)
      return at
    }
  }
  meter.left -= Math.max(0, text.length - from) * (2 + words)
  return -1
}
