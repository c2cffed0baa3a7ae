"""Support tickets with their queue, and prompts for them from vague to good. Several speak of two queues at once."""

from __future__ import annotations

_ROWS = """
billing: I was charged twice for my order last week.
billing: Please send me the invoice for March, our accountant needs it.
billing: My credit card was declined although there is money on it.
billing: Why did my subscription price go up this month?
billing: I cancelled in May and you still took 29 euros from my bank account in June. I want my money back.
billing: The promo code SPRING does not reduce the total at checkout.
billing: I need a receipt with our VAT number on it.
billing: Can I pay by PayPal instead of card?
billing: You debited my card for the annual plan, but I chose monthly.
billing: When will my refund arrive on my statement?
billing: I would like to switch our invoices to a purchase order.
billing: There is a fee of 4.50 on my bill that I do not understand.
billing: The app logged me out, but what I really need is a refund for the double payment. Please refund me.
billing: My parcel came yesterday, thanks. Could you now correct the amount on the invoice?
billing: The website was slow and now the payment shows up three times. Can you cancel two of the charges?
billing: Is there a discount for students?
technical: The app crashes whenever I open the settings page.
technical: I get error 500 when I upload a photo.
technical: The dashboard has been loading forever since this morning.
technical: Export to CSV produces an empty file.
technical: Notifications stopped working after the last update.
technical: The search button does nothing in Firefox.
technical: Your API returns a timeout on every second call.
technical: Bluetooth sync fails with my new phone.
technical: The video freezes after ten seconds.
technical: After installing version 3.2 the screen stays blank.
technical: The webhook is not triggered when an entry is created.
technical: The page is very slow on my laptop, it takes a minute to react.
technical: I paid my bill without trouble, but since then the app crashes. How do I fix the crash?
technical: I received the device on Monday. It does not connect to wifi, can you help?
technical: Logging in works, but the report page shows an error. Please fix it.
technical: The printer driver is not compatible with macOS 14.
account: I forgot my password and the reset link never arrives.
account: Please delete my account and all personal data.
account: How do I change the e-mail address on my profile?
account: My account is locked after three wrong attempts.
account: I cannot log in with my Google account any more.
account: Can you merge my two accounts into one?
account: The verification code for two-factor login is not accepted.
account: I want to add a second user with admin permissions.
account: Somebody else seems to have logged in under my name, I did not recognize the device.
account: Please change my user name to the one on my passport.
account: I got married, how can I update my last name in the settings?
account: My old phone is gone and with it the authenticator.
account: You charged me correctly, but I cannot sign in to see the order. Please unlock my login.
account: The package arrived, all fine. How do I close my account now?
account: I see an error when I log in; please reset my password.
account: Unsubscribe me from the newsletter.
shipping: Where is my parcel? It should have arrived on Friday.
shipping: The tracking number you sent does not exist.
shipping: My package was delivered to the wrong address.
shipping: The box arrived with a broken screen inside.
shipping: I ordered two lamps but only one was delivered.
shipping: Can you ship to Norway?
shipping: The courier left the package in the rain.
shipping: How long does delivery to Spain take?
shipping: I moved last week, please send the order to my new address.
shipping: The shirt is too small, I would like to exchange it.
shipping: How do I send an item back?
shipping: The shipment has been stuck in customs for nine days.
shipping: I was charged for express delivery, but the parcel is late. Where is it?
shipping: I can log in again, thanks! Could you now tell me when my order will be shipped?
shipping: Your site showed an error after payment, the order is confirmed though. When will it arrive?
shipping: The wrong item was in the box, please send the right one.
other: Do you have any open jobs in marketing?
other: I just wanted to say that your team is great.
other: What are your opening hours over the holidays?
other: We would like to interview your founder for our student paper.
other: It would be great if you had a dark mode.
other: Who may I contact about a partnership?
other: Is your company carbon neutral?
other: I love the new design, well done!
other: Would you sponsor our charity run?
other: Where is your head office?
other: Please consider adding Polish as a language.
other: Thank you for the quick help yesterday.
"""
TICKETS: tuple[tuple[str, str], ...] = tuple(
    (text, label) for label, _, text in (row.partition(": ") for row in _ROWS.strip().splitlines())
)

_END = "\n\nTicket: {ticket}\nAnswer:"
VAGUE = "What is this about?" + _END
NO_LABELS = "Read the support ticket and say what kind of problem it is." + _END
MEDIOCRE = "Classify the support ticket as billing, technical, account, shipping or other." + _END
FORMED = (
    "Classify the support ticket. Answer with only one of these labels, in lower case: billing, technical, account, "
    "shipping, other." + _END
)
DEFINED = (
    """Classify the support ticket. Answer with only the label, in lower case.

- billing: charges, payments, cards, invoices, refunds, prices, discounts, subscriptions
- technical: errors, crashes, slowness, broken functions, installation, compatibility, API
- account: login, passwords, profile, settings, security, personal data
- shipping: delivery, tracking, addresses, damaged or missing items, returns, exchanges
- other: everything else"""
    + _END
)
GOOD = DEFINED.replace(
    "\n- billing", "If several labels apply, choose the one that the customer wants solved.\n\n- billing", 1
)
LADDER = (VAGUE, NO_LABELS, MEDIOCRE, FORMED, DEFINED, GOOD)
