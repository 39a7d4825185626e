/** A slow and simple implementation of globs, for comparison: it tries every part of the text in every way. */

export function referenceFold(text: string): string[] {
  return Array.from(text.toLowerCase(), (char) => (char === 'ς' ? 'σ' : char))
}

export function referenceWhole(pattern: string, text: string): boolean {
  const chars = referenceFold(text)
  return endsFrom(referenceFold(pattern), chars, 0).has(chars.length)
}

export function referenceWords(pattern: string, text: string): boolean {
  if (pattern === '') return text === ''
  const symbols = referenceFold(pattern)
  const chars = referenceFold(text)
  for (let start = 0; start <= chars.length; start++) {
    if (!isEdge(chars, start)) continue
    for (const end of endsFrom(symbols, chars, start)) {
      if (isEdge(chars, end)) return true
    }
  }
  return false
}

/** The possible ends of a match that begins at `start`. */
function endsFrom(symbols: string[], chars: string[], start: number): Set<number> {
  let ends = new Set([start])
  for (const symbol of symbols) {
    const next = new Set<number>()
    for (const end of ends) {
      if (symbol === '*') for (let later = end; later <= chars.length; later++) next.add(later)
      else if (end < chars.length && (symbol === '?' || symbol === chars[end])) next.add(end + 1)
    }
    ends = next
  }
  return ends
}

function isEdge(chars: string[], at: number): boolean {
  return at === 0 || at === chars.length || !isWord(chars[at - 1]) || !isWord(chars[at])
}

function isWord(char: string | undefined): boolean {
  return char !== undefined && /^[A-Za-z0-9_]$/.test(char)
}
