import { fold } from './text.ts'
import { type TextSpan, findPart, type TextIndex } from './text-index.ts'
import {
  ANY_EDGES,
  BOTH_EDGES,
  LEFT_EDGE,
  RIGHT_EDGE,
  type Edges,
  compileRun,
  findRun,
  findLiteral,
  matchRunAt,
  startOfLast,
  type Run,
} from './runs.ts'

/**
 * A pattern as in the appendices, "Glob-style matching": `*` matches zero or more code points, `?` exactly one,
 * newlines included; there are no brackets and no escapes. The pattern is split at its stars. The runs are matched
 * from left to right, each at its first possible position, without backtracking.
 */
export type Glob = {
  /** The run before the first star; null if the pattern begins with a star or is empty. */
  readonly first: Run | null
  /** The runs between stars. */
  readonly middle: readonly Run[]
  /** The run after the last star; null if the pattern ends with a star or has none. */
  readonly last: Run | null
  readonly hasStar: boolean
}

const NO_RUNS: readonly Run[] = []

/** `pattern`: as written by the client. It is case folded here. */
export function compileGlob(pattern: string): Glob {
  const folded = fold(pattern)
  if (!folded.includes('*')) {
    return { first: folded === '' ? null : compileRun(folded), middle: NO_RUNS, last: null, hasStar: false }
  }
  const parts = folded.split('*')
  const runs = parts.map((part) => (part === '' ? null : compileRun(part)))
  return {
    first: runs[0] ?? null,
    middle: runs.slice(1, -1).filter((run) => run !== null),
    last: runs.at(-1) ?? null,
    hasStar: true,
  }
}

/** Whether the whole of `text` (folded) matches. An empty pattern matches only the empty text. */
export function matchesWhole(glob: Glob, text: string): boolean {
  const head = glob.first === null ? 0 : matchRunAt(glob.first, text, 0)
  if (!glob.hasStar) return head === text.length
  const found = head === -1 ? -1 : findMiddle(glob, text, head)
  if (found === -1 || glob.last === null) return found !== -1
  const start = startOfLast(glob.last, text)
  return start >= found && matchRunAt(glob.last, text, start) === text.length
}

/**
 * Whether a part of `text` (folded) matches that begins and ends at a word boundary: the rule for `content.body`.
 * Every position is a boundary except between two word characters (`[A-Za-z0-9_]`). An empty pattern matches only the
 * empty text.
 */
export function matchesWords(glob: Glob, text: string): boolean {
  if (!glob.hasStar) {
    return glob.first === null ? text === '' : findRun(glob.first, text, 0, BOTH_EDGES) !== -1
  }
  // A star at an end of the pattern extends the match to the end of the text, which is a boundary.
  const head = glob.first === null ? 0 : findRun(glob.first, text, 0, LEFT_EDGE)
  const found = head === -1 ? -1 : findMiddle(glob, text, head)
  return found !== -1 && (glob.last === null || findRun(glob.last, text, found, RIGHT_EDGE) !== -1)
}

/**
 * Like `matchesWords`, with an index of the text: the cost depends on the pattern alone. Undefined: the text itself
 * must be searched. Patterns of one or two literal runs are always decided here. For other patterns the index can
 * only rule a match out.
 */
export function matchesIndexed(glob: Glob, index: TextIndex): boolean | undefined {
  const { first, middle, last, hasStar } = glob
  if (!hasStar) return first === null ? undefined : isIn(first, index, BOTH_EDGES)
  let order: Order | undefined = { end: 0, isSure: true, count: 0 }
  if (first !== null) order = after(order, partOf(first, index, LEFT_EDGE))
  for (const run of middle) order = order && after(order, partOf(run, index, ANY_EDGES))
  if (last !== null) order = order && after(order, partOf(last, index, RIGHT_EDGE))
  if (order === undefined) return false
  return order.isSure && order.count <= 2 ? true : undefined
}

/** `end`: a lower bound for the end of the last run. `count`: the number of runs. */
type Order = { end: number; isSure: boolean; count: number }

/** Undefined: the run is not in the text, or occurs only before the end of a run that must precede it. */
function after(order: Order, found: TextSpan | null | undefined): Order | undefined {
  if (found === null) return undefined
  const count = order.count + 1
  if (found === undefined) return { ...order, isSure: false, count }
  return found.start < order.end
    ? undefined
    : { end: Math.max(order.end, found.end), isSure: order.isSure, count }
}

function isIn(run: Run, index: TextIndex, edges: Edges): boolean | undefined {
  const found = partOf(run, index, edges)
  return found === undefined ? undefined : found !== null
}

/** Undefined: the index cannot decide. Null: the run is not in the text. */
function partOf(run: Run, index: TextIndex, edges: Edges): TextSpan | null | undefined {
  if (run.kind === 'gapped') return undefined
  return findPart(index, run.text, edges)
}

/** Like `containsWords`, with an index of the text. */
export function containsIndexed(index: TextIndex, words: string): boolean | undefined {
  const folded = foldedWords(words)
  if (folded === '') return false
  const found = findPart(index, folded, BOTH_EDGES)
  return found === undefined ? undefined : found !== null
}

/**
 * Whether `text` (folded) contains `words` with the same boundaries, matched literally: `*` and `?` are ordinary
 * characters. Empty words never match.
 */
export function containsWords(text: string, words: string): boolean {
  // Folding never shortens a text.
  if (words.length > text.length) return false
  const folded = foldedWords(words)
  return folded !== '' && folded.length <= text.length && findLiteral(folded, text, BOTH_EDGES)
}

/** Many events in a row are often searched for the same name. */
let last = { words: '', folded: '' }

function foldedWords(words: string): string {
  if (words !== last.words) last = { words, folded: fold(words) }
  return last.folded
}

function findMiddle(glob: Glob, text: string, from: number): number {
  let at = from
  for (const run of glob.middle) {
    at = findRun(run, text, at, ANY_EDGES)
    if (at === -1) return -1
  }
  return at
}
