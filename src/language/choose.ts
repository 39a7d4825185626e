import { type Language, LANGUAGES } from './languages.ts'

/**
 * `language`: the language of the words. `locale`: the tag for `Intl`, for dates and numbers. It has the
 * region that was asked for: "de-AT" has the words of "de" and "Jänner".
 */
export type Choice = { language: Language; locale: string }

/** The longest tag that is read. RFC 5646, section 4.4.1, recommends at least 35 characters. */
const MAX_TAG = 60
/** The most languages of one `Accept-Language` that are read. */
const MAX_ACCEPTED = 20
/** Of a locale of C or Java, such as "de_AT.UTF-8" or "zh_TW_#Hant", the part that is a language tag. */
const TAG = /^[a-z]{2,8}(?:[-_][a-z0-9]{1,8})*/i

/**
 * The language for a tag, by the lookup of RFC 4647, section 3.4: the tag is shortened from its end until a
 * language has its name. If none has, a language with the same likely script is taken: `zh-TW` is `zh-Hant`,
 * and `pt` is `pt-BR`. `undefined`: there is no such language, or the text is not a language tag.
 */
export function lookUp(text: string): Choice | undefined {
  const tag = TAG.exec(text.slice(0, MAX_TAG))?.[0].replaceAll('_', '-')
  if (tag === undefined) return undefined
  try {
    const asked = new Intl.Locale(tag)
    const language = byName(asked.baseName) ?? byScript(asked)
    return language && { language, locale: localeOf(asked, language) }
  } catch {
    // The tag is not well-formed.
    return undefined
  }
}

/** The first of the tags that has a language, else the fallback. */
export function chooseLanguage(tags: readonly string[], fallback: Language): Choice {
  for (const tag of tags) {
    const found = lookUp(tag)
    if (found !== undefined) return found
  }
  return { language: fallback, locale: fallback }
}

/**
 * The tags of an `Accept-Language` header, best first (RFC 9110, section 12.5.4). `*` and tags with the
 * quality 0 are left out.
 */
export function acceptedTags(header: string | undefined): string[] {
  return (header ?? '')
    .slice(0, MAX_ACCEPTED * MAX_TAG)
    .split(',', MAX_ACCEPTED)
    .map((part) => {
      const [tag = '', ...parameters] = part.split(';').map((text) => text.trim())
      const quality = parameters.find((text) => /^q=/i.test(text))?.slice(2)
      return { tag, quality: quality === undefined ? 1 : Number(quality) }
    })
    .filter(({ tag, quality }) => tag !== '' && tag !== '*' && quality > 0)
    .toSorted((left, right) => right.quality - left.quality)
    .map(({ tag }) => tag)
}

function byName(tag: string): Language | undefined {
  for (let name = tag; name !== ''; name = name.slice(0, Math.max(0, name.lastIndexOf('-')))) {
    const language = LANGUAGES.find((one) => one === name)
    if (language !== undefined) return language
  }
  return undefined
}

function byScript(asked: Intl.Locale): Language | undefined {
  const likely = asked.maximize()
  return LANGUAGES.find((one) => isSameScript(likely, new Intl.Locale(one).maximize()))
}

const isSameScript = (left: Intl.Locale, right: Intl.Locale) =>
  left.language === right.language && left.script === right.script

/** Only locales that `Intl` knows: it caches formats for each, and the tags of users are without number. */
function localeOf(asked: Intl.Locale, language: Language): string {
  if (!isSameScript(asked.maximize(), new Intl.Locale(language).maximize())) return language
  return new Intl.DateTimeFormat(asked.baseName).resolvedOptions().locale
}
