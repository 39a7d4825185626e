/**
 * Whether the whole of `text` matches `pattern`. `*` matches any number of characters; all other characters match
 * themselves, case sensitive. Each part is searched at its first possible position, without backtracking and without
 * a regular expression, because patterns and texts may come from users. Push rules have their own matcher
 * (`push-rules/glob.ts`), which ignores case and supports `?`.
 */
export function matchesWildcard(pattern: string, text: string): boolean {
  const [head = '', ...rest] = pattern.split('*')
  const tail = rest.pop()
  if (tail === undefined) return text === pattern
  const end = text.length - tail.length
  if (end < head.length || !text.startsWith(head) || !text.endsWith(tail)) return false
  let from = head.length
  for (const part of rest) {
    const found = text.indexOf(part, from)
    if (found < 0 || found + part.length > end) return false
    from = found + part.length
  }
  return true
}
