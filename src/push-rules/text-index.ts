import { meter } from './meter.ts'
import { isInsideCodePoint, isWordEdge } from './text.ts'
import type { Edges } from './runs.ts'

/**
 * An index of all parts of one text: a search then costs the length of the pattern, for any text. It is the suffix
 * automaton of the text (Blumer et al., 1985), built in one pass. Word boundaries are symbols of the text, at each
 * position that is one. The boundaries inside a part follow from the part alone, so a part with boundaries at its
 * ends is found like any other part.
 */
export type TextIndex = {
  readonly edges: SymbolTable
  /** By state: the end positions, in symbols, of the first and the last occurrence of its parts. */
  readonly firstEnd: Int32Array
  readonly lastEnd: Int32Array
}

/**
 * Positions of a part, in symbols: `end` of its first occurrence, `start` of its last, without the boundaries at its
 * ends.
 */
export type TextSpan = { readonly end: number; readonly start: number }

const BOUNDARY = 0x1_0000
const NONE = -1
const START = 0

/**
 * An index is built when searches of the text have cost this number of steps for each unit. The index costs two to
 * three times as much. At that point most of one evaluation's step limit must be left.
 */
export const STEPS_PER_UNIT = 16

/** The cost of a lookup: each symbol is a lookup in the hash table. */
const STEPS_PER_SYMBOL = 4

/** `text`: folded. */
export function indexText(text: string): TextIndex {
  const symbols = symbolsOf(text)
  const most = 2 * symbols.length + 2
  const [length, link, firstEnd, lastEnd] = [0, NONE, NONE, NONE].map((value) =>
    new Int32Array(most).fill(value),
  ) as [Int32Array, Int32Array, Int32Array, Int32Array]
  const edges = symbolTable(most, 3 * symbols.length + 3)
  let count = 1
  let last = START
  for (let at = 0; at < symbols.length; at++) {
    const symbol = symbols[at] as number
    const state = count++
    length[state] = (length[last] as number) + 1
    firstEnd[state] = at
    lastEnd[state] = at
    let from = last
    let edge = NONE
    while (from !== NONE && (edge = edges.find(from, symbol)) === NONE) {
      edges.add(from, symbol, state)
      from = link[from] as number
    }
    last = state
    if (from === NONE) {
      link[state] = START
      continue
    }
    const next = edges.target(edge)
    if ((length[from] as number) + 1 === length[next]) {
      link[state] = next
      continue
    }
    const copy = count++
    length[copy] = (length[from] as number) + 1
    link[copy] = link[next] as number
    firstEnd[copy] = firstEnd[next] as number
    edges.copy(next, copy)
    for (; from !== NONE; from = link[from] as number) {
      const one = edges.find(from, symbol)
      if (one === NONE || edges.target(one) !== next) break
      edges.retarget(one, copy)
    }
    link[next] = copy
    link[state] = copy
  }
  spreadLastEnds({ length, link, lastEnd, count, longest: symbols.length })
  return { edges, firstEnd, lastEnd }
}

/**
 * Undefined: the index cannot decide, because the part begins or ends with a lone surrogate. Null: the part is not in
 * the text.
 */
export function findPart(index: TextIndex, part: string, edges: Edges): TextSpan | null | undefined {
  const last = part.charCodeAt(part.length - 1)
  if ((part.charCodeAt(0) & 0xfc00) === 0xdc00 || (last & 0xfc00) === 0xd800) return undefined
  let state = edges.left ? index.edges.step(START, BOUNDARY) : START
  let symbols = edges.left ? 1 : 0
  for (let at = 0; at < part.length && state !== NONE; at++) {
    if (at > 0 && isBoundary(part, at)) {
      state = index.edges.step(state, BOUNDARY)
      symbols++
    }
    state = index.edges.step(state, part.charCodeAt(at))
    symbols++
  }
  if (state !== NONE && edges.right) {
    state = index.edges.step(state, BOUNDARY)
    symbols++
  }
  meter.left -= STEPS_PER_SYMBOL * symbols
  if (state === NONE) return null
  const [left, right] = [edges.left ? 1 : 0, edges.right ? 1 : 0]
  return {
    end: (index.firstEnd[state] as number) + 1 - right,
    start: (index.lastEnd[state] as number) + 1 - symbols + left,
  }
}

/** Whether a match may begin or end here. */
function isBoundary(text: string, at: number): boolean {
  return isWordEdge(text, at) && !isInsideCodePoint(text, at)
}

function symbolsOf(text: string): Int32Array {
  const symbols = new Int32Array(2 * text.length + 1)
  let count = 0
  for (let at = 0; at < text.length; at++) {
    if (isBoundary(text, at)) symbols[count++] = BOUNDARY
    symbols[count++] = text.charCodeAt(at)
  }
  symbols[count++] = BOUNDARY
  return symbols.subarray(0, count)
}

type States = {
  length: Int32Array
  link: Int32Array
  lastEnd: Int32Array
  count: number
  longest: number
}

/**
 * All suffixes of a part end where the part ends. Propagates the positions from the longest parts to the shortest.
 */
function spreadLastEnds({ length, link, lastEnd, count, longest }: States): void {
  const from = new Int32Array(longest + 2)
  for (let state = 0; state < count; state++) {
    const place = (length[state] as number) + 1
    from[place] = (from[place] as number) + 1
  }
  for (let at = 1; at < from.length; at++) from[at] = (from[at] as number) + (from[at - 1] as number)
  const byLength = new Int32Array(count)
  for (let state = 0; state < count; state++) {
    const place = length[state] as number
    byLength[from[place] as number] = state
    from[place] = (from[place] as number) + 1
  }
  for (let at = count - 1; at > 0; at--) {
    const state = byLength[at] as number
    const parent = link[state] as number
    if (parent !== NONE && (lastEnd[parent] as number) < (lastEnd[state] as number))
      lastEnd[parent] = lastEnd[state] as number
  }
}

/** The edges of an automaton, each with its symbol: a hash table, and a list of the edges of each state. */
export type SymbolTable = ReturnType<typeof symbolTable>

function symbolTable(states: number, edges: number) {
  const bits = 32 - Math.clz32(2 * edges)
  const mask = 2 ** bits - 1
  const slots = new Int32Array(2 ** bits)
  const from = new Int32Array(edges)
  const symbols = new Int32Array(edges)
  const targets = new Int32Array(edges)
  /** The newest edge of each state, and for each edge the one before it. 0 ends the list, so edges count from 1. */
  const newest = new Int32Array(states)
  const before = new Int32Array(edges)
  let count = 1

  const place = (state: number, symbol: number): number => {
    const mixed = Math.imul(Math.imul(state, 0x9e3779b1) ^ symbol, 0x85ebca6b)
    let slot = (mixed ^ (mixed >>> 15)) & mask
    for (;;) {
      const edge = slots[slot] as number
      if (edge === 0 || (from[edge] === state && symbols[edge] === symbol)) return slot
      slot = (slot + 1) & mask
    }
  }
  const find = (state: number, symbol: number): number => {
    const edge = slots[place(state, symbol)] as number
    return edge === 0 ? NONE : edge
  }
  const add = (state: number, symbol: number, target: number): void => {
    const edge = count++
    slots[place(state, symbol)] = edge
    from[edge] = state
    symbols[edge] = symbol
    targets[edge] = target
    before[edge] = newest[state] as number
    newest[state] = edge
  }
  return {
    find,
    add,
    target: (edge: number): number => targets[edge] as number,
    retarget(edge: number, target: number): void {
      targets[edge] = target
    },
    copy(state: number, to: number): void {
      for (let edge = newest[state] as number; edge !== 0; edge = before[edge] as number)
        add(to, symbols[edge] as number, targets[edge] as number)
    },
    /** The state after a symbol, or -1. */
    step(state: number, symbol: number): number {
      if (state === NONE) return NONE
      const edge = find(state, symbol)
      return edge === NONE ? NONE : (targets[edge] as number)
    },
  }
}
