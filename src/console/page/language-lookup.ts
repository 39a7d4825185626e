/** The language of the catalogue that has every word. */
export const FALLBACK = 'en'

/** RFC 4647, section 3.4 (lookup): `de-AT` finds `de`. Otherwise the same language in the same likely script: `zh-TW` finds `zh-Hant`. */
export function languageFor(wanted: readonly string[], available: readonly string[]): string {
  for (const range of wanted) {
    for (let tag = range; tag !== ''; tag = tag.slice(0, Math.max(0, tag.lastIndexOf('-')))) {
      const found = available.find((one) => one.toLowerCase() === tag.toLowerCase())
      if (found !== undefined) return found
    }
    const likely = likelyScript(range)
    const found = available.find((one) => likely !== undefined && likelyScript(one) === likely)
    if (found !== undefined) return found
  }
  return FALLBACK
}

/** Undefined for a text that is not the tag of a language. */
function likelyScript(tag: string): string | undefined {
  try {
    const locale = new Intl.Locale(tag).maximize()
    return `${locale.language}-${locale.script}`
  } catch {
    return undefined
  }
}
