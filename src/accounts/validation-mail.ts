import { htmlOf } from '../language/html-words.ts'
import type { WordsOf } from '../language/load-words.ts'
import { safeHtml } from '../lib/html.ts'
import type { Mail } from '../lib/mail/mail.ts'
import { mailLayout } from '../lib/mail/mail-layout.ts'

/** The mail with the link that validates an address. `name`: the name of the server in mails. */
export function validationMail({
  address,
  name,
  link,
  words,
}: {
  address: string
  name: string
  link: string
  words: WordsOf<'mail'>
}): Pick<Mail, 'to' | 'subject' | 'text' | 'html' | 'language'> {
  const ifYou = words.text('confirm-if-you')
  const ifNot = words.text('confirm-if-not')
  const request = htmlOf(words.pieces('confirm-request', { server: name }), { server: name })
  return {
    to: address,
    subject: `[${words.isolate(name)}] ${words.text('confirm-subject')}`,
    language: words.language,
    text: `${words.text('confirm-request', { server: name })}\n${ifYou}\n\n${link}\n\n${ifNot}\n`,
    html: mailLayout({
      ...words,
      title: name,
      content: safeHtml`<p>${request}</p>
<p>${ifYou}<br><a href="${link}">${link}</a></p>
<p style="color:#666">${ifNot}</p>`,
    }),
  }
}
