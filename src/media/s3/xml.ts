// The responses of the S3 protocol are simple XML: elements without attributes, namespaces of prefixes or
// comments between them.

/** The contents of all elements with this name, without those inside of another one of this name. */
export function elements(xml: string, name: string): string[] {
  const found = xml.matchAll(new RegExp(`<${name}>([^]*?)</${name}>`, 'g'))
  return [...found].map(([, inner = '']) => (inner.includes('<') ? inner : fromXml(inner)))
}

export const asXml = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')

const NAMED: Readonly<Record<string, string>> = { lt: '<', gt: '>', quot: '"', apos: "'", amp: '&' }
const MAX_CODE_POINT = 0x10ffff

/** Each reference is replaced once: `&amp;lt;` stands for `&lt;`. A reference to no character stays as it is. */
const fromXml = (text: string): string =>
  text.replaceAll(/&(#\d{1,7}|#x[\da-f]{1,6}|lt|gt|quot|apos|amp);/gi, (reference, name: string) =>
    name.startsWith('#') ? (characterOf(name.slice(1)) ?? reference) : (NAMED[name] ?? reference),
  )

/** `65`, or `x41` in hexadecimal. */
function characterOf(digits: string): string | undefined {
  const code = Number(/^x/i.test(digits) ? `0${digits}` : digits)
  return code <= MAX_CODE_POINT ? String.fromCodePoint(code) : undefined
}
