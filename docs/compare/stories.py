"""Writes what fills the hub of docs/compare.sh: stories that make the customers, and the texts of the
messages. The same seed gives the same texts. `stories.py FOLDER`"""

import os
import random
import sys

WORDS = """account address agent airtime amount answer balance bank bill booking branch bundle bus card
cash charge code collect confirm coupon courier credit customer data delay deliver deposit desk discount
driver electricity fare farm fee flight form gas gift harvest hotel invoice kiosk late ledger loan market
meter minute monday number office order parcel pay phone pickup plan points power price promo rain receipt
rent road sale school seed service shop shuttle sim soap station statement stock store street sugar taxi
tea term ticket till today token town transfer trip voucher wallet water week window""".split()


def stories(folder, customers):
    """Four files of steps that tag the customers. Whoever is tagged first becomes known by it."""
    for part in range(4):
        with open(f"{folder}/customers.{part}.toml", "w", encoding="utf-8") as story:
            story.write('version = 1\ntitle = "customers"\n')
            for n in range(part, customers, 4):
                tags = f"group={n % 10}" + (",rare=yes" if n < 5 else "") + (",few=yes" if n < 100 else "")
                phone = f"+2547{n:08d}"
                story.write(f'[[step]]\ncommand = "tag"\ncustomer = "{phone}"\ntags = "{tags}"\n')


def texts(folder):
    """A line for each message. Three of ten have the frequent word."""
    chance = random.Random(20261128)
    with open(f"{folder}/texts", "w", encoding="utf-8") as out:
        for n in range(240):
            words = [chance.choice(WORDS) for _ in range(chance.randint(6, 14))]
            if n % 10 < 3:
                words[1:1] = [os.environ["FREQUENT"], os.environ["FREQUENT_SEEN"]]
            out.write(" ".join(words).capitalize() + "\n")


stories(sys.argv[1], int(os.environ["CUSTOMERS"]))
texts(sys.argv[1])
