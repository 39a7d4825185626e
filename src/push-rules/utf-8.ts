/**
 * A text in UTF-8. A lone surrogate is replaced, as by `TextEncoder`, which is not available in every environment
 * that runs rules.
 */
export function utf8(text: string): number[] {
  const bytes: number[] = []
  for (const char of text.toWellFormed()) {
    const code = char.codePointAt(0) ?? 0
    const more = code < 0x80 ? 0 : code < 0x800 ? 1 : code < 0x10000 ? 2 : 3
    if (more === 0) {
      bytes.push(code)
      continue
    }
    bytes.push(((0xff00 >> (more + 1)) & 0xff) | (code >> (6 * more)))
    for (let left = more - 1; left >= 0; left--) bytes.push(0x80 | ((code >> (6 * left)) & 0x3f))
  }
  return bytes
}
