//! Provisioning: requests for access to the tools of a sales organisation (§8).
//!
//! A request is data, and what happens to it is a pure function from the request and an event to the
//! request afterwards and what is to be done besides. Who the people are is read from the organisation.

mod plan;
mod request;

use serde::{Deserialize, Serialize};

pub use plan::{
    FieldTemplate, Fill, FilledField, Plan, PlannedTask, SuggestedField, Suggestion, TaskTemplate,
};
pub use request::{
    Approval, Baseline, NewRequest, Origin, Request, RequestEffect, RequestEvent, RequestFields,
    RequestStep, Task,
};

use crate::error::{Excerpt, Pointer, located_error};
use crate::word::vocabulary;

vocabulary! {
    /// Where a request stands: exactly one of these (§8.1).
    RequestState, InvalidField, "request state" {
        /// Nobody has picked it up.
        ActionNeeded = "action-needed",
        /// Somebody works on it.
        InProgress = "in-progress",
        /// It waits for something.
        OnHold = "on-hold",
        /// Every task is done. The issue may still be open.
        Completed = "completed",
    }
}

/// How one label was misspelt once. It is read, and never written.
const MISSPELT_IN_PROGRESS: &str = "SaelsOpsAR::In Progress";

impl RequestState {
    /// The label of an issue in this state.
    pub const fn label(self) -> &'static str {
        match self {
            Self::ActionNeeded => "SalesOpsAR::Action Needed",
            Self::InProgress => "SalesOpsAR::In Progress",
            Self::OnHold => "SalesOpsAR::On Hold",
            Self::Completed => "SalesOpsAR::Completed",
        }
    }

    /// The state that a label means; `None` for one that means something else. The misspelt
    /// `SaelsOpsAR::In Progress` is understood.
    pub fn from_label(label: &str) -> Option<Self> {
        if label == MISSPELT_IN_PROGRESS {
            return Some(Self::InProgress);
        }
        let states = Self::ALL.iter().copied();
        states.into_iter().find(|state| state.label() == label)
    }

    /// The state that an issue's labels mean; `None` if none of them is about the state.
    ///
    /// # Errors
    /// `labels-conflict` where they mean two.
    pub fn from_labels<L: AsRef<str>>(labels: &[L]) -> Result<Option<Self>, ProvisioningError> {
        let mut meant = None;
        for (index, label) in labels.iter().enumerate() {
            let Some(state) = Self::from_label(label.as_ref()) else {
                continue;
            };
            if meant.is_some_and(|meant| meant != state) {
                let message = format!("`{}` contradicts a label before", Excerpt(label.as_ref()));
                return Err(ProvisioningError::new(
                    ProvisioningCode::LabelsConflict,
                    Pointer::root().item(index),
                    message,
                ));
            }
            meant = Some(state);
        }
        Ok(meant)
    }

    /// An issue's labels with this state in place of any other, and all else as it was.
    pub fn relabelled<L: AsRef<str>>(self, labels: &[L]) -> Vec<String> {
        let others = labels
            .iter()
            .map(AsRef::as_ref)
            .filter(|label| Self::from_label(label).is_none());
        others.chain([self.label()]).map(str::to_owned).collect()
    }
}

/// Why a request waits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Hold {
    /// The reason.
    pub reason: HoldReason,
    /// More about it, for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

vocabulary! {
    /// Why a request waits (§8.1).
    HoldReason, InvalidField, "reason of a hold" {
        /// There is no Salesforce license left.
        SalesforceLicense = "waiting-on-salesforce-license",
        /// An approval is missing.
        Approval = "waiting-on-approval",
        /// Whoever asked has to tell more.
        Requester = "waiting-on-requester",
        /// Something else, which the note tells.
        Other = "other",
    }
}

impl HoldReason {
    /// The label of an issue that waits for this reason.
    pub const fn label(self) -> &'static str {
        match self {
            Self::SalesforceLicense => "Waiting on Salesforce License",
            Self::Approval => "Waiting on Approval",
            Self::Requester => "Waiting on Requester",
            Self::Other => "Waiting",
        }
    }

    /// The reason that a label means, if it means one.
    pub fn from_label(label: &str) -> Option<Self> {
        let reasons = Self::ALL.iter().copied();
        reasons.into_iter().find(|reason| reason.label() == label)
    }
}

vocabulary! {
    /// A tool that access is asked for (§8.4).
    System, InvalidField, "system" {
        /// Salesforce.
        Salesforce = "salesforce",
        /// Chorus.
        Chorus = "chorus",
        /// DataFox.
        Datafox = "datafox",
        /// Clari.
        Clari = "clari",
    }
}

vocabulary! {
    /// Why something about a request was refused; stable.
    ProvisioningCode, InvalidField, "provisioning code" {
        /// The actor fails the gate, or has no `provision` where that is needed.
        NotPermitted = "not-permitted",
        /// The request's state does not allow the event.
        WrongState = "wrong-state",
        /// The request is for nobody.
        Nobody = "nobody",
        /// The request is for no system.
        NoSystem = "no-system",
        /// A person of the request, or an actor, does not exist.
        UnknownUser = "unknown-user",
        /// The request has no task for the system.
        UnknownTask = "unknown-task",
        /// The task is done already.
        TaskDone = "task-done",
        /// A task is not done.
        TaskOpen = "task-open",
        /// The actor asked for the access, or would receive it.
        OwnRequest = "own-request",
        /// The request was approved already.
        AlreadyApproved = "already-approved",
        /// The request was not approved.
        NotApproved = "not-approved",
        /// The issue is closed already, or open already.
        IssueState = "issue-state",
        /// There is no template for the system, or no baseline for the job role.
        NoTemplate = "no-template",
        /// Labels mean two states.
        LabelsConflict = "labels-conflict",
        /// A stored request is one that no events lead to.
        Inconsistent = "inconsistent",
    }
}

located_error! {
    /// Why something about a request was refused. Nothing is changed.
    ProvisioningError: ProvisioningCode
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may panic")]

    use super::*;

    #[test]
    fn labels_are_read_as_they_are_written() {
        for &state in RequestState::ALL {
            assert_eq!(RequestState::from_label(state.label()), Some(state));
        }
        for &reason in HoldReason::ALL {
            assert_eq!(HoldReason::from_label(reason.label()), Some(reason));
        }
    }

    #[test]
    fn the_misspelt_label_is_read_and_never_written() {
        let misspelt = ["urgent", "SaelsOpsAR::In Progress"];
        let state = RequestState::from_labels(&misspelt).unwrap().unwrap();
        assert_eq!(state, RequestState::InProgress);
        assert_eq!(
            state.relabelled(&misspelt),
            ["urgent", "SalesOpsAR::In Progress"]
        );
        let both = ["SaelsOpsAR::In Progress", "SalesOpsAR::In Progress"];
        assert_eq!(RequestState::from_labels(&both), Ok(Some(state)));
        // It is the only misspelling that is understood.
        assert_eq!(RequestState::from_label("SaelsOpsAR::On Hold"), None);
        assert_eq!(RequestState::from_label("salesopsar::on hold"), None);
    }

    #[test]
    fn two_state_labels_are_refused() {
        let labels = ["SalesOpsAR::On Hold", "other", "SalesOpsAR::Completed"];
        let error = RequestState::from_labels(&labels).unwrap_err();
        assert_eq!(error.code(), ProvisioningCode::LabelsConflict);
        assert_eq!(error.path().as_str(), "/2");
        assert_eq!(RequestState::from_labels(&["other"]), Ok(None));
    }
}
