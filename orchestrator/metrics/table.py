"""What each metric says of itself: the one list of metrics there are."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

SMALLEST_SIDE = 32  # pixels: below, the last feature map of one of the networks is empty

MetricName = Literal[
    "lpips",
    "lpips_vgg",
    "lpips_squeeze",
    "dists",
    "ssim",
    "ms_ssim",
    "psnr",
    "edge_f1",
    "feature_cosine",
    "warp_error",
    "temporal_lpips",
    "flicker",
    "mask_iou",
    "clip_frames",
    "gram",
    "gram_vgg",
    "style_cosine",
    "style_colour",
    "kid_alexnet",
    "clip_text",
]
Better = Literal["higher", "lower"]
Needs = Literal["pair", "motion", "masks", "style", "set", "text"]


@dataclass(frozen=True)
class Metric:
    """What a figure means.

    Attributes:
        label: how it is called where people read it, with net and version where it has them.
        unit: what one unit of it is; empty for an index that has none.
        better: which direction is the better one, all else equal.
        bounds: the least and the greatest value that it can take.
        needs: `pair`: a source and a result frame; `motion`: also frames before, in the same shot; `masks`:
            also the masks of both; `style`: the result frame and pictures of the style; `set`: all result
            frames and those pictures, for one figure in all; `text`: the result frame and a text.
        paper: who defined it.
        sees: what the pictures go through before: resize, colours, net.
        inside: how it is limited to a region.
    """

    label: str
    unit: str
    better: Better
    bounds: tuple[float, float]
    needs: Needs
    paper: str
    sees: str
    inside: str


_ZHANG = "Zhang et al., The Unreasonable Effectiveness of Deep Features as a Perceptual Metric, CVPR 2018"
_GATYS = "after Gatys et al., A Neural Algorithm of Artistic Style, 2015"
_RADFORD = "Radford et al., Learning Transferable Visual Models From Natural Language Supervision, ICML 2021"

_PIXELS = "RGB from 0 to 255, not resized"
_UNIT_PIXELS = "RGB from 0 to 1, not resized"
_CELLS = "places of a layer count by the share of their cell in the region; receptive fields look beyond it"
_ONLY_PIXELS = "only the region's pixels count"
_FILLED = "the rest of the picture is painted in CLIP's mean colour"


def _net(name: str) -> str:
    return f"{name} (torchvision's ImageNet weights), RGB normalised as ImageNet's, not resized"


def _lpips(net: str) -> Metric:
    return Metric(
        label=f"LPIPS 0.1 to source ({net})",
        unit="perceptual distance",
        better="lower",
        bounds=(0, inf),
        needs="pair",
        paper=_ZHANG,
        sees=_net(net),
        inside=_CELLS,
    )


def _gram(net: str, layers: str) -> Metric:
    return Metric(
        label=f"Gram distance to style ({net})",
        unit="share of style",
        better="lower",
        bounds=(0, inf),
        needs="style",
        paper=_GATYS,
        sees=f"{_net(net)}; {layers}",
        inside=_CELLS,
    )


_LAST = "; last convolution, rectified, averaged over places"
_CLIP = "the CLIP model named; shorter side scaled bicubically, middle square cut out"

METRICS: Mapping[MetricName, Metric] = {
    "lpips": _lpips("AlexNet"),
    "lpips_vgg": _lpips("VGG-16"),
    "lpips_squeeze": _lpips("SqueezeNet 1.1"),
    "dists": Metric(
        label="DISTS to source (VGG-16)",
        unit="perceptual distance",
        better="lower",
        bounds=(0, 1),
        needs="pair",
        paper="Ding et al., Image Quality Assessment: Unifying Structure and Texture Similarity, TPAMI 2020",
        sees=f"{_net('VGG-16')}; L2 pooling; alpha and beta as in the file named",
        inside=_CELLS,
    ),
    "ssim": Metric(
        label="SSIM to source (RGB, Gaussian window)",
        unit="",
        better="higher",
        bounds=(-1, 1),
        needs="pair",
        paper="Wang et al., Image Quality Assessment: From Error Visibility to Structural Similarity, 2004",
        sees=f"{_PIXELS}; 11x11 window, sigma 1.5, per channel",
        inside="only places in the region count; their windows look beyond it",
    ),
    "ms_ssim": Metric(
        label="MS-SSIM to source (RGB, five scales)",
        unit="",
        better="higher",
        bounds=(0, 1),
        needs="pair",
        paper="Wang et al., Multiscale structural similarity for image quality assessment, 2003",
        sees=f"{_PIXELS}; 11x11 window, sigma 1.5, per channel, halved four times by 2x2 means",
        inside="only places in the region count, on coarser scales those half in it; windows look beyond it",
    ),
    "psnr": Metric(
        label="PSNR to source (RGB)",
        unit="dB",
        better="higher",
        bounds=(0, inf),
        needs="pair",
        paper="10 log10(255² / mean squared error), over all channels",
        sees=_PIXELS,
        inside=_ONLY_PIXELS,
    ),
    "edge_f1": Metric(
        label="Edge agreement with source (F1 of Canny edges within 2 pixels)",
        unit="",
        better="higher",
        bounds=(0, 1),
        needs="pair",
        paper="after Martin et al., Learning to detect natural image boundaries, TPAMI 2004; Canny 1986",
        sees="luma (BT.601) from 0 to 255, not resized; Canny with thresholds 100 and 200",
        inside="only edge pixels in the region count; they may be met beyond it",
    ),
    "feature_cosine": Metric(
        label="Feature cosine to source (AlexNet)",
        unit="cosine",
        better="higher",
        bounds=(0, 1),
        needs="pair",
        paper="cosine of averaged features; Krizhevsky 2014 for the network",
        sees=f"{_net('AlexNet')}{_LAST}",
        inside=_CELLS,
    ),
    "warp_error": Metric(
        label="Warp error along the source's motion",
        unit="squared colour, 0 to 1",
        better="lower",
        bounds=(0, 1),
        needs="motion",
        paper="Lai et al., Learning Blind Video Temporal Consistency, ECCV 2018",
        sees=f"{_UNIT_PIXELS}; motion by dense inverse search on the source",
        inside=_ONLY_PIXELS,
    ),
    "temporal_lpips": Metric(
        label="tLP: change of LPIPS 0.1 from frame to frame, against source (AlexNet)",
        unit="perceptual distance",
        better="lower",
        bounds=(0, inf),
        needs="motion",
        paper="Chu et al., Learning Temporal Coherence via Self-Supervision, ACM TOG 2020",
        sees=_net("AlexNet"),
        inside=_CELLS,
    ),
    "flicker": Metric(
        label="Flicker: high-frequency energy along the source's motion",
        unit="squared colour, 0 to 1",
        better="lower",
        bounds=(0, 0.25),
        needs="motion",
        paper="mean square of (-1, 2, -1) / 4 over three frames, along motion as in Lai et al., ECCV 2018",
        sees=f"{_UNIT_PIXELS}; motion by dense inverse search on the source",
        inside=_ONLY_PIXELS,
    ),
    "mask_iou": Metric(
        label="Steadiness of masks: overlap with the mask before, moved along the source's motion",
        unit="intersection over union",
        better="higher",
        bounds=(0, 1),
        needs="masks",
        paper="intersection over union (Jaccard 1901), along motion as in Lai et al., ECCV 2018",
        sees="masks, not resized; motion by dense inverse search on the source",
        inside="it measures the region itself",
    ),
    "clip_frames": Metric(
        label="CLIP cosine of neighbouring frames",
        unit="cosine",
        better="higher",
        bounds=(-1, 1),
        needs="motion",
        paper=_RADFORD,
        sees=_CLIP,
        inside=_FILLED,
    ),
    "gram": _gram("AlexNet", "all five convolutions, rectified"),
    "gram_vgg": _gram("VGG-16", "conv1_1, 2_1, 3_1, 4_1, rectified"),
    "style_cosine": Metric(
        label="Mean feature cosine to the style pictures (AlexNet)",
        unit="cosine",
        better="higher",
        bounds=(0, 1),
        needs="style",
        paper="cosine of averaged features; Krizhevsky 2014 for the network",
        sees=f"{_net('AlexNet')}{_LAST}",
        inside=_CELLS,
    ),
    "style_colour": Metric(
        label="Colour distance to style (CIELAB, Fréchet)",
        unit="CIELAB units",
        better="lower",
        bounds=(0, inf),
        needs="style",
        paper="Dowson & Landau, The Fréchet distance between multivariate normal distributions, 1982",
        sees="CIELAB (D65) of sRGB, not resized",
        inside=_ONLY_PIXELS,
    ),
    "kid_alexnet": Metric(
        label="KID to style over features of AlexNet (not Inception)",
        unit="squared discrepancy",
        better="lower",
        bounds=(-inf, inf),
        needs="set",
        paper="Bińkowski et al., Demystifying MMD GANs, ICLR 2018; there over Inception",
        sees=f"{_net('AlexNet')}{_LAST}; kernel (x·y / 256 + 1)³, unbiased",
        inside=_CELLS,
    ),
    "clip_text": Metric(
        label="CLIP cosine to the text",
        unit="cosine",
        better="higher",
        bounds=(-1, 1),
        needs="text",
        paper=_RADFORD,
        sees=_CLIP,
        inside=_FILLED,
    ),
}
