message-from = پیام از { $sender }
message-from-in = پیام از { $sender } در { $room }
count-in-room =
    { $count ->
        [one] { $count } اعلان
       *[other] { $count } اعلان
    } در { $room }
count-in-rooms =
    { $count ->
        [one] { $count } اعلان
       *[other] { $count } اعلان
    } در { $rooms ->
        [one] { $rooms } اتاق
       *[other] { $rooms } اتاق
    }
new-notifications = اعلان‌های تازه

more-events =
    { $count ->
        [one] { $count } پیام پیشین
       *[other] { $count } پیام پیشین
    }
more-rooms =
    { $rooms ->
        [one] و در { $rooms } اتاق دیگر.
       *[other] و در { $rooms } اتاق دیگر.
    }
wrote = { $sender }:
no-name = (بدون نام)

about = { $server } آنچه را نخوانده‌اید برایتان ایمیل می‌کند.
end-below = برای توقف این ایمیل‌ها این نشانی را باز کنید:
end-link = دیگر ایمیل نفرست
devices-link = تنظیمات دستگاه‌های شما
why-link = چرا این را دریافت کردم؟

test-subject = آزمایش
test-text = این یک آزمایش است. اعلان‌ها به این صندوق می‌رسند.

confirm-subject = نشانی ایمیل خود را تأیید کنید
confirm-request = درخواست شده است که این نشانی به حسابی در { $server } افزوده شود.
confirm-if-you = اگر این درخواست از شماست، تا یک ساعت دیگر این صفحه را باز کنید و نشانی را در آن تأیید کنید:
confirm-if-not = وگرنه لازم نیست کاری بکنید: نشانی تنها پس از تأیید شما افزوده می‌شود.
