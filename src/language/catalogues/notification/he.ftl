message = { $sender }: { $text }
sent-message = הודעה מאת { $sender }
sent-picture = תמונה מאת { $sender }
sent-video = סרטון מאת { $sender }
sent-recording = הקלטה מאת { $sender }
sent-file = קובץ מאת { $sender }
sent-location = מיקום מאת { $sender }
sent-sticker = מדבקה מאת { $sender }
sent-encrypted = הודעה מוצפנת מאת { $sender }
sent-nothing = הודעה ללא טקסט מאת { $sender }
invited = הזמנה מאת { $sender }
invited-to = הזמנה מאת { $sender } אל { $room }
joined = הצטרפות של { $sender } לחדר
knocked = בקשת הצטרפות מאת { $sender }
changed-members = שינוי בחברי החדר מאת { $sender }
voice-call = שיחה קולית מאת { $sender }
video-call = שיחת וידאו מאת { $sender }
did-something = אירוע חדש מאת { $sender } שיישומון יכול להציג

new-notification = התראה חדשה
unread =
    { $count ->
        [one] אחת שלא נקראה
        [two] שתיים שלא נקראו
       *[other] { $count } שלא נקראו
    }

empty-room = חדר ריק
room-invite = הזמנה לחדר
name-and-others =
    { $count ->
        [one] { $name } ועוד מישהו
        [two] { $name } ועוד שניים
       *[other] { $name } ועוד { $count } אחרים
    }
