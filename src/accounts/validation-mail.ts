import { safeHtml } from '../lib/html.ts'
import type { Mail } from '../lib/mail/mail.ts'
import { mailLayout } from '../lib/mail/mail-layout.ts'

/** The mail with the link that validates an address. `name`: the name of the server in mails. */
export function validationMail({
  address,
  name,
  link,
}: {
  address: string
  name: string
  link: string
}): Pick<Mail, 'to' | 'subject' | 'text' | 'html'> {
  const request = `A request was made to add this address to an account on ${name}.`
  const ifSo = 'If you made it, open this page within an hour and confirm it there:'
  const ifNot = 'If not, you need do nothing: the address is added only when you confirm.'
  return {
    to: address,
    subject: `[${name}] Confirm your e-mail address`,
    text: `${request}\n${ifSo}\n\n${link}\n\n${ifNot}\n`,
    html: mailLayout({
      title: name,
      content: safeHtml`<p>${request}</p>
<p>${ifSo}<br><a href="${link}">${link}</a></p>
<p style="color:#666">${ifNot}</p>`,
    }),
  }
}
