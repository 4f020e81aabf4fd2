"""`./antiphon account`: stations of other makers, with what has to be typed at them."""

from __future__ import annotations

import argparse
import sys

from antiphon.assembly import people
from antiphon.assembly.engines.address import advertised
from antiphon.devices import NewAccount
from antiphon.errors import BadInput
from antiphon.settings import Settings


def run(asked: argparse.Namespace, settings: Settings) -> int:
    """Carry out one parsed verb; the exit status."""
    match asked.words:
        case ["add", name]:
            wanted = people.WantedAccount(name, asked.site, asked.early_video, not asked.opens_no_doors, asked.door)
            made = people.add_account(settings, wanted)
            sys.stdout.write(f"{made.station.name} is there ({made.station.id}). Type at the station:\n")
            if wanted.door_digits is not None:
                sys.stdout.write(
                    f"  Door       {made.station.name}, opened in a call by the digits {wanted.door_digits}\n"
                )
            return _credentials(made, settings)
        case ["list"]:
            for owner, one in people.every_account(settings):
                there = "online " if one.online else "offline"
                sys.stdout.write(f"{one.number}   {there}  {owner.name}, {one.place}: {one.name}\n")
            return 0
        case ["password", number]:
            return _credentials(people.new_account_password(settings, number), settings)
        case ["remove", number]:
            removed = people.remove_account(settings, number)
            sys.stdout.write(f"{removed.name} is removed: refused from now on, its call ends.\n")
            return 0
    raise BadInput(
        "It is: account add NAME [--site ID] | account list | account password NUMBER | account remove NUMBER"
    )


def _credentials(made: NewAccount, settings: Settings) -> int:
    server = settings.public_name or advertised(settings).address
    sys.stdout.write(
        f"  Server     {server}   port {settings.ports.sips_accounts}, transport TLS, SRTP with SDES keys\n"
        f"  User       {made.station.number}\n"
        f"  Password   {made.password}   shown this once\n"
        f"  It calls   main\n"
    )
    if settings.portal_certificate is None:
        sys.stdout.write(f"  Trust      import {settings.pki / 'root.crt'} there as a certificate authority\n")
    sys.stdout.write("What to type where: docs/other-makers.md\n")
    return 0
