"""What requests to a help desk, news and questions are about: facets with their words, usual labels made of facets."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Facet:
    """A small subject: `named`, what a definition calls it; `terms`, what a request says ("_" stands for a blank)."""

    named: str
    terms: str


FACETS: dict[str, Facet] = {
    "charges": Facet(
        "charges charge billing payments payment money",
        "charge charged overcharged billed bill bills billing debited deducted charged_twice double_charge paid pay "
        "payment payments "
        "payment_failed fee fees charges money twice_for bank_statement withdrew withdrawn bank transaction",
    ),
    "invoices": Facet(
        "invoices invoice receipts receipt statements",
        "invoice invoices receipt receipts vat vat_number tax billing_address statement purchase_order accounting "
        "pdf_invoice",
    ),
    "refunds": Facet(
        "refunds refund reimbursements money-back",
        "refund refunded refunds reimburse reimbursed reimbursement money_back credit_back chargeback refunding "
        "store_credit",
    ),
    "cards": Facet(
        "cards card payment-methods paypal",
        "card credit_card debit_card paypal visa mastercard declined iban sepa direct_debit payment_method "
        "card_number expired_card",
    ),
    "plans": Facet(
        "plans plan subscriptions subscription renewals renewal upgrades downgrades",
        "subscription subscriptions plan plans upgrade downgrade renewal renewed renew auto-renew annual yearly "
        "monthly tier trial "
        "free_trial premium seat seats per_seat",
    ),
    "prices": Facet(
        "prices price pricing discounts discount coupons coupon quotes quote",
        "price prices pricing discount coupon promo promo_code voucher quote cost costs expensive offer "
        "discount_code gift_card cheaper",
    ),
    "errors": Facet(
        "errors error bugs bug crashes crash outages outage",
        "error errors bug bugs crash crashes crashed crashing exception 500 404 error_code freezes freezing frozen "
        "froze white_screen "
        "blank_screen blank_page glitch outage down server_error stack_trace corrupted",
    ),
    "speed": Facet(
        "speed performance slowness slow timeouts",
        "slow slowly lag lagging laggy timeout timeouts times_out timed_out loading loads forever_to hang hangs "
        "spinning spinner performance "
        "latency unresponsive",
    ),
    "faults": Facet(
        "faults malfunctions features broken functions function not-working",
        "not_working doesn't_work won't_work stopped_working not_load won't_load broken_link won't_open doesn't_open "
        "nothing_happens "
        "button buttons sync syncing export exporting upload uploading dashboard search filter screen page "
        "notifications microphone "
        "camera bluetooth wifi printer pdf csv attachment attachments video audio sound battery",
    ),
    "install": Facet(
        "installation install setup updates update versions compatibility configuration",
        "install installing installation installed update updated updating version download setup set_up configure "
        "configuration "
        "compatible compatibility driver firmware windows mac macos linux android iphone ios browser chrome firefox "
        "safari app plugin",
    ),
    "api": Facet(
        "api integration integrations developers webhooks",
        "api webhook webhooks integration integrate endpoint sdk oauth token api_key rate_limit json slack zapier",
    ),
    "login": Facet(
        "login logins sign-in passwords password access lockouts",
        "login log_in logging logged sign_in signing_in password passwords passcode reset_password forgot locked "
        "locked_out lock "
        "two-factor 2fa authenticator verification verification_code verify username sso credentials cannot_access "
        "reset_link",
    ),
    "profile": Facet(
        "profile profiles settings details personal-data name email-address account-deletion",
        "profile account accounts delete_account close_account deactivate my_name email_address change_email "
        "new_email phone_number "
        "settings preferences username personal_data gdpr unsubscribe newsletter user_name display_name merge "
        "two_accounts members "
        "invite permissions admin",
    ),
    "safety": Facet(
        "security fraud hacking phishing privacy",
        "hacked hacker fraud fraudulent suspicious unauthorized unauthorised phishing stolen scam breach compromised "
        "privacy "
        "did_not_recognize someone_else malware virus vulnerability",
    ),
    "delivery": Facet(
        "delivery deliveries shipping shipment shipments parcels packages tracking couriers late-parcels",
        "deliver delivered delivery deliveries ship shipped shipping shipment parcel package packages tracking "
        "tracking_number "
        "courier arrive arrived arriving arrival transit carrier postal post_office ups fedex dhl late delayed delay "
        "dispatched "
        "dispatch customs on_its_way doorstep mailbox my_order",
    ),
    "address": Facet(
        "addresses address delivery-address",
        "address wrong_address shipping_address delivery_address new_address moved moving street zip postcode "
        "apartment neighbour neighbor",
    ),
    "damage": Facet(
        "damage damaged broken-items wrong-items missing-items defects",
        "damaged cracked smashed scratched dented wrong_item wrong_size wrong_color wrong_colour missing_item "
        "item_missing defective "
        "arrived_broken torn leaking shattered faulty missing_part parts incomplete box",
    ),
    "returns": Facet(
        "returns return exchanges exchange replacements replacement",
        "return returns returning returned exchange exchanging replacement replace send_back send_it_back "
        "return_label warranty "
        "does_not_fit too_small too_big",
    ),
    "stock": Facet(
        "stock availability products product",
        "stock in_stock out_of_stock restock available availability back_in pre-order sizes colors model models "
        "catalog",
    ),
    "cancel": Facet(
        "cancellation cancellations cancel",
        "cancel cancelled canceled cancellation cancelling terminate stop_my end_my",
    ),
    "ideas": Facet(
        "ideas requests feature-requests suggestions improvements wishes",
        "feature suggestion suggest would_be_great would_be_nice would_love please_add add_support wish dark_mode "
        "roadmap feature_request "
        "idea consider_adding it_would improvement support_for",
    ),
    "praise": Facet(
        "praise thanks compliments",
        "thank thanks thank_you love great awesome excellent amazing wonderful happy fantastic brilliant appreciate "
        "kudos well_done",
    ),
    "complaints": Facet(
        "complaints complaint dissatisfaction service staff",
        "rude unacceptable disappointed disappointing terrible awful worst complaint complain horrible "
        "unprofessional ridiculous "
        "disgusted ignored no_response manager supervisor",
    ),
    "company": Facet(
        "general questions company jobs partnerships press hours careers",
        "job jobs career careers hiring opening_hours hours office headquarters partnership partner press interview "
        "sponsor donation "
        "holiday holidays phone_number company newsletter visit internship environment sustainability charity event "
        "meetup student thesis",
    ),
    "sport": Facet(
        "sports sport games",
        "team game match season coach league goal win wins player players cup olympic football soccer baseball nba "
        "championship tournament victory",
    ),
    "business": Facet(
        "business economy finance companies markets",
        "shares stock market profit oil company prices economy bank sales earnings investors quarter billion deal "
        "dollar ceo merger growth",
    ),
    "technology": Facet(
        "technology science tech computers software",
        "software microsoft internet google computer web apple technology online ibm space nasa scientists chip "
        "wireless phone search_engine linux",
    ),
    "world": Facet(
        "world politics international war",
        "president minister iraq war killed government election troops attack un nations police military peace "
        "leader bomb israel palestinian nuclear",
    ),
    "urgency": Facet(
        "urgent urgency emergencies deadlines",
        "urgent urgently asap immediately emergency deadline right_now today critical",
    ),
    "how": Facet(
        "how-to questions usage help",
        "how_do how_to how_can where_can where_do can_i is_it do_you tutorial guide documentation explain",
    ),
}

# What a usual label brings to mind without any definition: facet -> how surely.
TOPICS: dict[str, tuple[str, dict[str, float]]] = {
    "billing": (
        r"bill|payment|invoic|financ|charge",
        {"charges": 1.0, "invoices": 0.8, "cards": 0.5, "refunds": 0.4, "prices": 0.25, "plans": 0.25},
    ),
    "technical": (
        r"tech(?!nology)|bug|software|error|crash|defect|malfunction|issue|outage|performance",
        {"errors": 1.0, "faults": 0.7, "speed": 0.45, "install": 0.35, "api": 0.35, "login": 0.15},
    ),
    "account": (
        r"account|profile|access|login|log-in|sign",
        {"login": 0.8, "profile": 1.0, "safety": 0.3, "plans": 0.1},
    ),
    "shipping": (
        r"ship|deliver|logistic|parcel|package|tracking",
        {"delivery": 1.0, "address": 0.4, "damage": 0.3, "returns": 0.15},
    ),
    "returns": (r"return|exchange|replace|warranty", {"returns": 1.0, "damage": 0.4, "refunds": 0.3}),
    "refund": (r"refund|money.?back|reimburse", {"refunds": 1.0, "returns": 0.3, "charges": 0.2}),
    "cancellation": (r"cancel|churn|retention", {"cancel": 1.0, "plans": 0.3}),
    "subscription": (r"subscri|plan|renew", {"plans": 1.0, "cancel": 0.4}),
    "sales": (r"sale|pricing|price|purchas|pre.?sale|quote|lead", {"prices": 1.0, "plans": 0.4, "stock": 0.5}),
    "product": (r"product|stock|availab|order|item", {"stock": 1.0, "damage": 0.4, "prices": 0.2}),
    "security": (r"secur|fraud|abuse|privacy|spam|phish|scam", {"safety": 1.0, "login": 0.2}),
    "feature": (r"feature|suggest|idea|request|wish|enhance|improve", {"ideas": 1.0}),
    "praise": (r"praise|compliment|thank|positive", {"praise": 1.0}),
    "complaint": (r"complain|negative|escalat|dissatisf", {"complaints": 1.0}),
    "feedback": (r"feedback", {"praise": 0.7, "complaints": 0.6, "ideas": 0.7}),
    "integration": (r"integrat|api\b|develop|webhook", {"api": 1.0}),
    "installation": (r"install|set.?up|onboard|configur|update", {"install": 1.0}),
    "how-to": (r"how|usage|question|inquiry|enquiry|information|help|support$", {"how": 0.8, "company": 0.4}),
    "sports": (r"sport", {"sport": 1.0}),
    "business": (r"business|econom|market", {"business": 1.0}),
    "technology": (r"technology|tech$|scienc|sci", {"technology": 1.0}),
    "world": (r"world|politic|international", {"world": 1.0}),
    "urgent": (r"urgen|priorit|high|critical", {"urgency": 1.0, "safety": 0.4}),
}
REST = r"other|general|misc|none|else|unknown|unclear|anything"  # labels for what fits nowhere

REST_FACETS = {"company": 0.7, "ideas": 0.7, "complaints": 0.3, "praise": 0.3, "how": 0.1}

# What a model calls a request when nobody told it which names to use: sometimes the usual label, mostly its own.
INVENTED: dict[str, tuple[str, ...]] = {
    "billing": ("billing", "payment problem", "billing issue", "billing", "financial question"),
    "technical": ("technical", "software bug", "technical issue", "technical", "app problem"),
    "account": ("account", "login problem", "account access", "account", "user settings"),
    "shipping": ("shipping", "delivery problem", "order status", "shipping", "late parcel"),
    "returns": ("returns", "product return", "return request"),
    "other": ("other", "general inquiry", "customer question", "miscellaneous"),
}
