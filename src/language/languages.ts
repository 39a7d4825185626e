// The languages of Belfry. This file and `choose.ts`, `isolate.ts`, `messages.ts` and `words.ts` also run in
// a browser, without a build.

/**
 * The languages with catalogues, as language tags (RFC 5646). `en` is the model: the other catalogues have
 * its keys.
 */
export const LANGUAGES = [
  'en',
  'ar',
  'de',
  'es',
  'fa',
  'fr',
  'he',
  'hi',
  'it',
  'ja',
  'ko',
  'nl',
  'pl',
  'pt-BR',
  'ru',
  'tr',
  'uk',
  'zh-Hans',
  'zh-Hant',
] as const

export type Language = (typeof LANGUAGES)[number]

export type Direction = 'ltr' | 'rtl'

const RIGHT_TO_LEFT: ReadonlySet<string> = new Set(['ar', 'fa', 'he'])

export const directionOf = (language: Language): Direction => (RIGHT_TO_LEFT.has(language) ? 'rtl' : 'ltr')
