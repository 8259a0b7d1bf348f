"""Reads a UBL invoice into plain values: texts and Decimals by their business terms (EN 16931). Says nothing about whether they are right."""

import base64
import re
import xml.etree.ElementTree as ET
from decimal import Decimal, InvalidOperation

INVOICE = "urn:oasis:names:specification:ubl:schema:xsd:Invoice-2"
CAC = "urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2"
CBC = "urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2"
NAMESPACES = {"i": INVOICE, "a": CAC, "b": CBC}
NUMBER = re.compile(r"-?\d+(\.\d+)?\Z")


class Unreadable(Exception):
    """No UBL invoice, or a number that is none."""


def find(node, path):
    """a:Party/b:Name"""
    return None if node is None else node.find(path, NAMESPACES)


def text(node, path):
    found = find(node, path)
    return None if found is None else found.text or ""


def number(node, path):
    value = text(node, path)
    if value is None:
        return None
    if not NUMBER.match(value):
        raise Unreadable(f"{path}: '{value}' is no plain decimal number")
    try:
        return Decimal(value)
    except InvalidOperation:
        raise Unreadable(f"{path}: '{value}'") from None


def attribute(node, path, name):
    found = find(node, path)
    return None if found is None else found.get(name)


def party(node):
    p = find(node, "a:Party")
    address, legal, contact = find(p, "a:PostalAddress"), find(p, "a:PartyLegalEntity"), find(p, "a:Contact")
    out = {"endpoint": text(p, "b:EndpointID"), "endpoint_scheme": attribute(p, "b:EndpointID", "schemeID"), "id": text(p, "a:PartyIdentification/b:ID"),
           "street": text(address, "b:StreetName"), "city": text(address, "b:CityName"), "zip": text(address, "b:PostalZone"),
           "country": text(address, "a:Country/b:IdentificationCode"), "name": text(legal, "b:RegistrationName"), "register_id": text(legal, "b:CompanyID"),
           "legal_info": text(legal, "b:CompanyLegalForm"), "contact": text(contact, "b:Name"), "phone": text(contact, "b:Telephone"),
           "email": text(contact, "b:ElectronicMail"), "vat_id": None, "tax_number": None}
    for scheme in [] if p is None else p.findall("a:PartyTaxScheme", NAMESPACES):
        out["vat_id" if text(scheme, "a:TaxScheme/b:ID") == "VAT" else "tax_number"] = text(scheme, "b:CompanyID")
    return out


def category(node, path):
    c = find(node, path)
    rate = text(c, "b:Percent")
    number(c, "b:Percent")
    return {"category": text(c, "b:ID"), "rate": rate, "reason": text(c, "b:TaxExemptionReason"), "code": text(c, "b:TaxExemptionReasonCode")}


class Document:
    """One XML file."""

    def __init__(self, data, name=""):
        self.name = name
        if b"<!DOCTYPE" in data:
            raise Unreadable("has a DOCTYPE")
        try:
            self.tree = ET.fromstring(data)
        except ET.ParseError as error:
            raise Unreadable(f"not well-formed: {error}") from None
        if self.tree.tag != f"{{{INVOICE}}}Invoice":
            raise Unreadable(f"root element {self.tree.tag}")
        self.head()
        self.parties()
        self.money()
        self.lines = [self.line(x) for x in self.all("a:InvoiceLine")]

    def all(self, path):
        return self.tree.findall(path, NAMESPACES)

    def head(self):
        t = self.tree
        self.number, self.type, self.currency = text(t, "b:ID"), text(t, "b:InvoiceTypeCode"), text(t, "b:DocumentCurrencyCode")
        self.customization, self.profile = text(t, "b:CustomizationID"), text(t, "b:ProfileID")
        self.date, self.due = text(t, "b:IssueDate"), text(t, "b:DueDate")
        self.notes = [x.text or "" for x in self.all("b:Note")]
        self.buyer_reference, self.order_reference = text(t, "b:BuyerReference"), text(t, "a:OrderReference/b:ID")
        self.contract_reference, self.project_reference = text(t, "a:ContractDocumentReference/b:ID"), text(t, "a:ProjectReference/b:ID")
        self.period = (text(t, "a:InvoicePeriod/b:StartDate"), text(t, "a:InvoicePeriod/b:EndDate"))
        self.cancels = [(text(x, "a:InvoiceDocumentReference/b:ID"), text(x, "a:InvoiceDocumentReference/b:IssueDate")) for x in self.all("a:BillingReference")]
        self.attachments = []
        for x in self.all("a:AdditionalDocumentReference"):
            blob = find(x, "a:Attachment/b:EmbeddedDocumentBinaryObject")
            self.attachments.append({"id": text(x, "b:ID"), "description": text(x, "b:DocumentDescription"), "mime": None if blob is None else blob.get("mimeCode"),
                                     "name": None if blob is None else blob.get("filename"), "data": None if blob is None else base64.b64decode(blob.text or "")})

    def parties(self):
        self.seller, self.buyer = party(find(self.tree, "a:AccountingSupplierParty")), party(find(self.tree, "a:AccountingCustomerParty"))
        means = self.all("a:PaymentMeans")
        m = means[0] if means else None
        self.payment = {"count": len(means), "code": text(m, "b:PaymentMeansCode"), "id": text(m, "b:PaymentID"), "iban": text(m, "a:PayeeFinancialAccount/b:ID"),
                        "holder": text(m, "a:PayeeFinancialAccount/b:Name"), "bic": text(m, "a:PayeeFinancialAccount/a:FinancialInstitutionBranch/b:ID")}
        self.terms = text(self.tree, "a:PaymentTerms/b:Note")

    def money(self):
        t = self.tree
        self.currencies = [x.get("currencyID") for x in t.iter() if x.get("currencyID") is not None]
        self.allowances = [{"charge": text(x, "b:ChargeIndicator"), "reason": text(x, "b:AllowanceChargeReason"), "percent": number(x, "b:MultiplierFactorNumeric"),
                            "amount": number(x, "b:Amount"), "base": number(x, "b:BaseAmount"), **tax(x, "a:TaxCategory")} for x in self.all("a:AllowanceCharge")]
        self.tax_totals = len(self.all("a:TaxTotal"))
        self.tax = number(t, "a:TaxTotal/b:TaxAmount")
        self.taxes = [{"base": number(x, "b:TaxableAmount"), "tax": number(x, "b:TaxAmount"), **category(x, "a:TaxCategory")}
                      for x in self.all("a:TaxTotal/a:TaxSubtotal")]
        total = find(t, "a:LegalMonetaryTotal")
        self.totals = {k: number(total, f"b:{tag}") for k, tag in (
            ("lines", "LineExtensionAmount"), ("net", "TaxExclusiveAmount"), ("gross", "TaxInclusiveAmount"), ("allowances", "AllowanceTotalAmount"),
            ("charges", "ChargeTotalAmount"), ("prepaid", "PrepaidAmount"), ("rounding", "PayableRoundingAmount"), ("due", "PayableAmount"))}

    @staticmethod
    def line(x):
        """rounding: what charges and allowances of the line add to it."""
        extra = [(1 if text(c, "b:ChargeIndicator") == "true" else -1, number(c, "b:Amount")) for c in x.findall("a:AllowanceCharge", NAMESPACES)]
        return {"rounding": sum(sign * (amount or 0) for sign, amount in extra), "extras": len(extra),
                "id": text(x, "b:ID"), "note": text(x, "b:Note"), "quantity": number(x, "b:InvoicedQuantity"), "unit": attribute(x, "b:InvoicedQuantity", "unitCode"),
                "net": number(x, "b:LineExtensionAmount"), "from": text(x, "a:InvoicePeriod/b:StartDate"), "to": text(x, "a:InvoicePeriod/b:EndDate"),
                "name": text(x, "a:Item/b:Name"), "description": text(x, "a:Item/b:Description"), "price": number(x, "a:Price/b:PriceAmount"),
                "per": number(x, "a:Price/b:BaseQuantity"), "per_unit": attribute(x, "a:Price/b:BaseQuantity", "unitCode"),
                **tax(x, "a:Item/a:ClassifiedTaxCategory")}


def tax(node, path):
    """Category and rate alone."""
    c = category(node, path)
    return {"category": c["category"], "rate": c["rate"]}


def read(path):
    with open(path, "rb") as f:
        return Document(f.read(), path)
