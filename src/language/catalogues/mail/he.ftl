message-from = הודעה מאת { $sender }
message-from-in = הודעה מאת { $sender } בחדר { $room }
count-in-room =
    { $count ->
        [one] התראה אחת
        [two] שתי התראות
       *[other] { $count } התראות
    } בחדר { $room }
count-in-rooms =
    { $count ->
        [one] התראה אחת
        [two] שתי התראות
       *[other] { $count } התראות
    } { $rooms ->
        [one] בחדר אחד
        [two] בשני חדרים
       *[other] ב־{ $rooms } חדרים
    }
new-notifications = התראות חדשות

more-events =
    { $count ->
        [one] הודעה קודמת אחת
        [two] שתי הודעות קודמות
       *[other] { $count } הודעות קודמות
    }
more-rooms =
    { $rooms ->
        [one] ובעוד חדר אחד.
        [two] ובעוד שני חדרים.
       *[other] ובעוד { $rooms } חדרים.
    }
wrote = { $sender }:
no-name = (ללא שם)

about = { $server } שולח בדואר את מה שעדיין לא נקרא.
end-below = כדי להפסיק זאת יש לפתוח:
end-link = הפסקת הודעות הדואר
devices-link = הגדרות המכשירים שלך
why-link = למה קיבלתי את זה?

test-subject = בדיקה
test-text = זו בדיקה. ההתראות מגיעות לתיבת הדואר הזו.

confirm-subject = אישור כתובת הדואר האלקטרוני שלך
confirm-request = התקבלה בקשה להוסיף את הכתובת הזו לחשבון בשרת { $server }.
confirm-if-you = אם הבקשה שלך, יש לפתוח את הדף הזה בתוך שעה ולאשר בו את הכתובת:
confirm-if-not = אם לא, אין צורך לעשות דבר: הכתובת תתווסף רק לאחר אישור.
