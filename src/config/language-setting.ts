import { z } from 'zod'
import { lookUp } from '../language/choose.ts'
import { LANGUAGES } from '../language/languages.ts'
import { setting } from './setting.ts'

const language = z.string().transform((text, context) => {
  const found = lookUp(text)
  if (found !== undefined) return found.language
  context.addIssue({ code: 'custom', message: `expected one of ${LANGUAGES.join(', ')}` })
  return z.NEVER
})

export const languageSetting = setting(language.prefault('en'), {
  about:
    'The language of mails, pages and texts of the gateway for a user whose pusher or browser names no language that Belfry has (docs/language.md).',
})
