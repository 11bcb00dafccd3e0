//! Switches: options without a value, each with a hidden `--no-…` that undoes it where the file sets it.

use clap::{
    Arg, ArgAction, Command,
    builder::{ArgPredicate, Resettable},
};

/// Whether an option is a switch: a field `Option<bool>`, that is unset where neither it nor its `--no-…` is given.
pub(super) fn is_switch(option: &Arg) -> bool {
    matches!(option.get_action(), ArgAction::Set)
        && option.get_value_parser().type_id() == std::any::TypeId::of::<bool>()
}

/// The command and those below it with a `--no-…` for every switch; of the two the later one holds.
pub(super) fn with_negations(command: Command) -> Command {
    let switches: Vec<Arg> = command.get_arguments().filter(|option| is_switch(option)).cloned().collect();
    let command = switches.into_iter().fold(command, |command, switch| {
        let Some(long) = switch.get_long() else { return command };
        let negation = format!("no-{long}");
        let both = [switch.get_id().clone(), negation.clone().into()];
        let hidden = Arg::new(negation.clone())
            .long(negation.clone())
            .help(format!("Undo --{long}"))
            .action(ArgAction::SetTrue)
            .global(switch.is_global_set())
            .hide(true)
            .overrides_with_all(both.clone());
        let switch = switch
            .num_args(0)
            .value_name(Resettable::Reset)
            .default_missing_value("true")
            .default_value_if(negation, ArgPredicate::IsPresent, "false")
            .overrides_with_all(both);
        command.mut_arg(switch.get_id().clone(), |_| switch).arg(hidden)
    });
    command.mut_subcommands(with_negations)
}
